/** What is known of centrifugal pumps and concrete pumps of the pump templates: components, fault modes, symptoms, repairs. A document to start from. */
import { Knowledge } from "../../contracts/knowledge.ts";
import { pumpVibration } from "./pump-vibration.ts";

const words = (en: string, zh: string) => ({ en, zh });
const step = (id: string, en: string, zh: string, before: "working" | "resolved" = "working") => ({ id, title: words(en, zh), before });
const done = (id: string, en: string, zh: string) => step(id, en, zh, "resolved");

const MODELS = [
  ["DFSS300", "Double-suction pump DFSS300", "双吸泵 DFSS300"],
  ["DFSS400", "Double-suction pump DFSS400", "双吸泵 DFSS400"],
  ["ISW150", "In-line pump ISW150", "管道泵 ISW150"],
  ["ISW200", "In-line pump ISW200", "管道泵 ISW200"],
  ["ZJ150", "Slurry pump ZJ150", "渣浆泵 ZJ150"],
  ["XBD8", "Fire pump XBD8", "消防泵 XBD8"],
  ["SYM-49", "Concrete pump truck, 49 m", "49 米混凝土泵车"],
] as const;

const models = MODELS.map(([id, en, zh]) => ({
  kind: "model",
  id,
  version: 1,
  title: words(en, zh),
  components: ["drive", "hydraulic-end", "base", "cabinet"],
}));

const components = [
  { id: "drive", title: words("Drive", "驱动端"), parts: [] },
  { id: "motor", parent: "drive", title: words("Motor", "电机"), parts: [{ part: "FAN-132", quantity: 1 }] },
  {
    id: "bearings",
    parent: "drive",
    title: words("Bearings", "轴承组"),
    parts: [
      { part: "BRG-6308", quantity: 2 },
      { part: "SEAL-45", quantity: 2 },
      { part: "GREASE-EP2", quantity: 1 },
    ],
  },
  { id: "hydraulic-end", title: words("Hydraulic end", "水力端"), parts: [{ part: "GASKET-180", quantity: 2 }] },
  { id: "impeller", parent: "hydraulic-end", title: words("Impeller", "叶轮"), parts: [{ part: "IMPELLER-180", quantity: 1 }] },
  { id: "shaft-seal", parent: "hydraulic-end", title: words("Shaft seal", "轴封"), parts: [{ part: "SEAL-45", quantity: 1 }] },
  { id: "base", title: words("Base and mounting", "底座与地脚"), parts: [{ part: "BOLT-M16", quantity: 8 }] },
  { id: "cabinet", title: words("Control cabinet", "控制柜"), parts: [{ part: "CONTACTOR-95", quantity: 1 }] },
].map((one) => ({ ...one, kind: "component", version: 1 }));

/** The scenario's own figures, with where the fault sits and what goes with mending it. */
const AT = {
  "bearing-wear": { components: ["bearings"], procedure: "replace-bearings", checklist: "locked-out", tools: ["puller-3", "induction-heater"], occurrence: 3 },
  cavitation: { components: ["impeller"], procedure: "clear-suction", checklist: "locked-out-drained", tools: ["vacuum-gauge"], occurrence: 2 },
  loosening: { components: ["base"], procedure: "tighten-base", checklist: "locked-out", tools: ["torque-wrench-200", "dial-gauge"], occurrence: 2 },
  overheating: { components: ["motor"], procedure: "restore-cooling", checklist: "locked-out", tools: ["insulation-tester"], occurrence: 1.5 },
  supply: { components: ["cabinet"], procedure: "check-supply", checklist: "live-work", tools: ["multimeter", "insulation-tester"], occurrence: 1 },
  unclear: { components: [], procedure: "look-around", checklist: "locked-out", tools: ["multimeter"], occurrence: 1 },
} as const;
type Known = keyof typeof AT;

const faultModes = [
  ...pumpVibration.faultModes.map(({ id, title, severity, priority, skills, parts, workMs }) => ({
    ...AT[id as string as Known],
    kind: "fault-mode",
    id,
    version: 1,
    title,
    severity,
    priority,
    skills,
    parts,
    workMs,
  })),
  {
    kind: "fault-mode",
    id: "seal-leak",
    version: 1,
    title: words("Shaft seal leaks", "轴封泄漏"),
    severity: "medium",
    priority: "p2",
    components: ["shaft-seal"],
    skills: ["mechanical"],
    procedure: "replace-seal",
    checklist: "locked-out-drained",
    tools: ["puller-3"],
    parts: [
      { part: "SEAL-45", quantity: 1 },
      { part: "GASKET-180", quantity: 1, probability: 0.6 },
    ],
    workMs: 5_400_000,
    occurrence: 2,
  },
];

const channels = (...list: readonly (readonly [string, number])[]) => ({ type: "channels", channels: list.map(([channel, share]) => ({ channel, share })) });
const code = (value: string) => ({ type: "code", code: value });
const said = (en: readonly string[], zh: readonly string[]) => ({ type: "words", en, zh });
const symptom = (id: string, en: string, zh: string, signs: readonly unknown[], indicates: Readonly<Record<string, number>>, background?: number) => ({
  kind: "symptom",
  id,
  version: 1,
  title: words(en, zh),
  signs,
  indicates: Object.entries(indicates).map(([faultMode, likelihood]) => ({ faultMode, likelihood })),
  ...(background === undefined ? {} : { background }),
});
const told = (value: string, faultMode: string) =>
  symptom(`code-${value.toLowerCase()}`, `Code ${value}`, `代码 ${value}`, [code(value)], { [faultMode]: 0.98 }, 0.001);

const symptoms = [
  symptom("vibration-of-bearings", "Vibration on both sides", "两侧振动升高", [channels(["vibration.a.rms", 0.5], ["vibration.b.rms", 0.5])], {
    "bearing-wear": 0.9,
  }),
  symptom("vibration-at-foot", "Vibration at the foot", "地脚侧振动升高", [channels(["vibration.b.rms", 1])], { loosening: 0.85 }),
  symptom("flow-and-pressure", "Flow and pressure unsteady", "流量与压力波动", [channels(["flow", 0.5], ["pressure", 0.5])], {
    cavitation: 0.9,
    "seal-leak": 0.3,
  }),
  symptom(
    "heat",
    "Temperatures rise",
    "温度升高",
    [
      channels(["temperature.motor", 0.6], ["temperature.fluid", 0.4]),
      said(["overheating", "too hot", "burning smell"], ["过热", "发烫", "烫手", "焦味", "糊味"]),
    ],
    { overheating: 0.9, "bearing-wear": 0.2 },
  ),
  symptom("voltage-and-current", "Voltage and current off", "电压电流异常", [channels(["voltage", 0.5], ["current", 0.5])], { supply: 0.9 }),
  symptom(
    "grinding-noise",
    "Grinding or squealing noise",
    "摩擦或尖叫声",
    [said(["grinding", "squealing", "screeching", "bearing noise", "humming loudly"], ["异响", "尖叫", "摩擦声", "轴承 响", "嗡嗡"])],
    { "bearing-wear": 0.8, overheating: 0.2 },
  ),
  symptom("gravel-noise", "Noise as of gravel", "沙石声", [said(["gravel", "rattling", "marbles", "crackling"], ["沙石声", "噼啪", "爆裂声"])], {
    cavitation: 0.7,
    loosening: 0.2,
  }),
  symptom(
    "shaking",
    "The machine shakes",
    "机器晃动",
    [said(["shaking", "shakes", "vibrates", "vibration", "loose bolt"], ["晃动", "抖动", "振动 大", "震动", "螺栓 松", "松动"])],
    { loosening: 0.7, "bearing-wear": 0.5, cavitation: 0.3 },
  ),
  symptom(
    "no-flow",
    "Little or no water",
    "不出水",
    [said(["no water", "low flow", "no flow", "weak pressure", "low pressure"], ["不出水", "水小", "流量 小", "压力 低", "没水"])],
    { cavitation: 0.7, "seal-leak": 0.2, supply: 0.2 },
  ),
  symptom("leak", "Water or oil leaks", "漏水漏油", [said(["leak", "leaking", "dripping", "puddle"], ["漏水", "漏油", "滴水", "渗漏", "泄漏"])], {
    "seal-leak": 0.9,
    "bearing-wear": 0.1,
  }),
  symptom(
    "does-not-start",
    "Does not start",
    "无法启动",
    [said(["not start", "trips", "breaker tripped", "power failure", "keeps stopping"], ["启动不了", "无法启动", "跳闸", "断电", "停机"])],
    { supply: 0.8, overheating: 0.3 },
  ),
  told("E12", "bearing-wear"),
  told("E21", "cavitation"),
  told("E31", "overheating"),
  told("E41", "supply"),
];

const checklists = [
  {
    id: "locked-out",
    title: words("Locked out", "挂牌上锁"),
    steps: [
      step("isolate", "Switch off, lock and tag the main switch", "断开总电源，上锁挂牌"),
      step("prove-dead", "Prove that it is dead", "验电确认无电"),
      step("standstill", "Wait until the shaft stands still", "确认转轴完全停止"),
      done("run-in", "Run it for ten minutes and read vibration", "试运行十分钟并记录振动"),
    ],
  },
  {
    id: "locked-out-drained",
    title: words("Locked out and drained", "上锁并泄压排空"),
    steps: [
      step("isolate", "Switch off, lock and tag the main switch", "断开总电源，上锁挂牌"),
      step("valves", "Close suction and discharge valves and tag them", "关闭进出口阀并挂牌"),
      step("drain", "Release the pressure and drain the casing", "泄压并排空泵腔"),
      done("tight", "Fill, vent and look for leaks under pressure", "注水排气，带压检查泄漏"),
    ],
  },
  {
    id: "live-work",
    title: words("Work at the cabinet", "电气柜作业"),
    steps: [
      step("permit", "Have the permit for electrical work signed", "办理电气作业许可"),
      step("gear", "Wear insulating gloves and face shield", "佩戴绝缘手套与面罩"),
      step("isolate", "Switch off, lock and tag; prove that it is dead", "断电上锁挂牌并验电"),
      done("phases", "Measure all three phases under load", "带载测量三相电压电流"),
    ],
  },
].map((one) => ({ ...one, kind: "checklist", version: 1 }));

const line = (id: string, en: string, zh: string) => ({ id, title: words(en, zh) });
/** For people's safety: ticked before work begins. */
const safe = (id: string, en: string, zh: string) => ({ ...line(id, en, zh), safety: true });
const procedures = [
  {
    id: "replace-bearings",
    title: words("Replace the bearings", "更换轴承"),
    tools: ["puller-3", "induction-heater"],
    steps: [
      line("pull", "Pull the coupling and the old bearings", "拉出联轴器与旧轴承"),
      line("inspect", "Measure the shaft seat", "测量轴颈"),
      line("fit", "Heat the new bearings to 110 °C and fit them", "新轴承加热至 110 °C 装配"),
      line("grease", "Grease and align", "加注润滑脂并对中"),
    ],
  },
  {
    id: "clear-suction",
    title: words("Clear the suction side", "清理吸入侧"),
    tools: ["vacuum-gauge"],
    steps: [
      safe("vent", "Vent the casing, and read that its pressure is gone", "泵腔排气，确认压力归零"),
      line("strainer", "Clean the strainer", "清洗滤网"),
      line("level", "Check the suction level and the valves", "检查吸入液位与阀门"),
      line("impeller", "Open the casing and inspect the impeller", "开盖检查叶轮"),
    ],
  },
  {
    id: "tighten-base",
    title: words("Tighten and align", "紧固并对中"),
    tools: ["torque-wrench-200", "dial-gauge"],
    steps: [
      line("bolts", "Replace stretched bolts, tighten crosswise to 200 N·m", "更换变形螺栓，对角紧固至 200 N·m"),
      line("align", "Align the coupling within 0.05 mm", "联轴器对中至 0.05 mm 内"),
    ],
  },
  {
    id: "restore-cooling",
    title: words("Restore the cooling", "恢复散热"),
    tools: [],
    steps: [line("fan", "Clean the cowl, replace the fan", "清理风罩并更换风扇"), line("insulation", "Measure the winding insulation", "测量绕组绝缘")],
  },
  {
    id: "check-supply",
    title: words("Check the supply", "检查供电"),
    tools: ["multimeter"],
    steps: [line("phases", "Measure the phases", "测量三相"), line("contactor", "Replace the contactor where its contacts are burnt", "触点烧蚀则更换接触器")],
  },
  {
    id: "replace-seal",
    title: words("Replace the shaft seal", "更换轴封"),
    tools: ["puller-3"],
    steps: [line("open", "Open the seal housing", "拆开密封腔"), line("fit", "Fit seal and gasket, dry hands and clean faces", "装入密封与垫片，保持端面洁净")],
  },
  {
    id: "look-around",
    title: words("Find the cause", "现场排查"),
    tools: ["multimeter"],
    steps: [line("listen", "Look, listen, feel, smell", "看、听、摸、闻"), line("measure", "Read every channel by hand and compare", "手持仪表逐项复测")],
  },
].map((one) => ({ ...one, kind: "procedure", version: one.steps.some((step) => "safety" in step) ? 2 : 1 }));

const parts = [
  { id: "BRG-6308", title: words("Bearing 6308", "轴承 6308"), weightKg: 0.64, leadMs: 172_800_000 },
  { id: "BRG-6308-C3", title: words("Bearing 6308 C3", "轴承 6308 C3"), weightKg: 0.64, replaces: ["BRG-6308"], leadMs: 86_400_000 },
  { id: "SEAL-45", title: words("Shaft seal 45 mm", "45 mm 轴封"), weightKg: 0.2 },
  { id: "GREASE-EP2", title: words("Grease EP2, cartridge", "EP2 润滑脂"), weightKg: 0.4 },
  { id: "IMPELLER-180", title: words("Impeller 180 mm", "180 mm 叶轮"), weightKg: 6.5, leadMs: 604_800_000 },
  { id: "GASKET-180", title: words("Gasket 180 mm", "180 mm 垫片"), weightKg: 0.05 },
  { id: "BOLT-M16", title: words("Anchor bolt M16", "M16 地脚螺栓"), weightKg: 0.3 },
  { id: "FAN-132", title: words("Fan, frame 132", "132 机座风扇"), weightKg: 0.9 },
  { id: "CONTACTOR-95", title: words("Contactor 95 A", "95 A 接触器"), weightKg: 1.4 },
].map((one) => ({ ...one, kind: "part", version: 1 }));

const named = (kind: "tool" | "skill", list: readonly (readonly [string, string, string])[]) =>
  list.map(([id, en, zh]) => ({ kind, id, version: 1, title: words(en, zh) }));
const tools = named("tool", [
  ["puller-3", "Three-arm puller", "三爪拉马"],
  ["induction-heater", "Induction heater", "感应加热器"],
  ["vacuum-gauge", "Vacuum gauge", "真空表"],
  ["torque-wrench-200", "Torque wrench 200 N·m", "200 N·m 扭矩扳手"],
  ["dial-gauge", "Dial gauge", "百分表"],
  ["insulation-tester", "Insulation tester", "绝缘表"],
  ["multimeter", "Multimeter", "万用表"],
]);
const skills = named("skill", [
  ["mechanical", "Mechanical work", "机械"],
  ["bearings", "Bearings", "轴承"],
  ["hydraulics", "Hydraulics", "液压"],
  ["electrical", "Electrical work", "电气"],
]);

export const pumpKnowledge: Knowledge = Knowledge.parse({
  format: 1,
  entries: [...models, ...components, ...faultModes, ...symptoms, ...checklists, ...procedures, ...parts, ...tools, ...skills],
});
