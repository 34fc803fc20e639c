/** Repairs such as these machines have behind them, Chinese first, as the engineers of the site wrote them. */

export type PastRepair = {
  readonly faultMode: string;
  readonly skills: readonly string[];
  readonly cause: string;
  readonly action: string;
  readonly parts: readonly { readonly part: string; readonly quantity: number }[];
};

export const REPAIRS: readonly PastRepair[] = [
  {
    faultMode: "bearing-wear",
    skills: ["mechanical", "bearings"],
    cause: "润滑脂变质，驱动端轴承剥落 · grease degraded, drive-end bearing spalled",
    action: "更换轴承与油封，重新注脂 · replaced bearings and seal, regreased",
    parts: [
      { part: "BRG-6308", quantity: 2 },
      { part: "SEAL-45", quantity: 1 },
      { part: "GREASE-EP2", quantity: 1 },
    ],
  },
  {
    faultMode: "bearing-wear",
    skills: ["mechanical", "bearings"],
    cause: "油封漏水进入轴承座 · seal leaked water into the bearing housing",
    action: "更换油封，清洗轴承座 · replaced the seal, cleaned the housing",
    parts: [
      { part: "SEAL-45", quantity: 1 },
      { part: "GREASE-EP2", quantity: 1 },
    ],
  },
  {
    faultMode: "cavitation",
    skills: ["mechanical", "hydraulics"],
    cause: "进口滤网堵塞，吸程不足 · inlet strainer clogged, suction head too low",
    action: "清理滤网，更换叶轮 · cleaned the strainer, replaced the impeller",
    parts: [
      { part: "IMPELLER-180", quantity: 1 },
      { part: "GASKET-180", quantity: 2 },
    ],
  },
  {
    faultMode: "cavitation",
    skills: ["mechanical", "hydraulics"],
    cause: "进口法兰漏气 · inlet flange drew air",
    action: "更换法兰垫片 · replaced the flange gaskets",
    parts: [{ part: "GASKET-180", quantity: 2 }],
  },
  {
    faultMode: "loosening",
    skills: ["mechanical"],
    cause: "地脚螺栓松动 · foundation bolts worked loose",
    action: "更换螺栓并按规定力矩紧固 · replaced bolts, tightened to torque",
    parts: [{ part: "BOLT-M16", quantity: 4 }],
  },
  {
    faultMode: "overheating",
    skills: ["electrical"],
    cause: "电机风扇叶片断裂 · motor fan blade broken",
    action: "更换风扇 · replaced the fan",
    parts: [{ part: "FAN-132", quantity: 1 }],
  },
  {
    faultMode: "overheating",
    skills: ["electrical"],
    cause: "散热筋积灰 · cooling fins clogged with dust",
    action: "清灰，检查绕组绝缘 · cleaned, checked the winding insulation",
    parts: [],
  },
  {
    faultMode: "supply",
    skills: ["electrical"],
    cause: "接触器触点烧蚀，一相电压偏低 · contactor contacts burnt, one phase low",
    action: "更换接触器 · replaced the contactor",
    parts: [{ part: "CONTACTOR-95", quantity: 1 }],
  },
];
