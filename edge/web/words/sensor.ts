/** Words of what is wrong with a measurement, told apart from the machine. */
import type { Dictionary, Same } from "../language.ts";

const en = {
  note: (count: string) => (count === "1" ? "check a sensor" : `check ${count} sensors`),
  title: "Sensors to check: no fault of the machine",
  clockOf: "Clock",
  faults: {
    stuck: "repeats one value",
    "drop-out": "says nothing",
    sentinel: "sends a number that means none",
    uom: "speaks another unit of measure",
    unlearnt: "was not there when the device was commissioned",
    clock: "is behind",
  },
  mends: {
    stuck: "Check the sensor: it never repeated itself for so long when it was commissioned.",
    "drop-out": "Check the sensor and its cable.",
    sentinel: "Check the sensor, and have its logger send nothing where it has no value.",
    uom: "Set the sensor back, or tell the profile its new unit of measure.",
    unlearnt: "Nobody watches it yet: import the device with a baseline that has this channel.",
    clock: "Set the clock of the device: what it says counts as late.",
  },
  since: (span: string, rows: string) => `for ${span}, ${rows} samples`,
  zone: (zone: string) => `zone ${zone}`,
  wear: (what: string, days: string, from: string, to: string) => `${what} comes to its limit in about ${days} days (${from} to ${to})`,
  wearOf: "Wear",
  wearNote: (days: string) => `wear: about ${days} days left`,
};

type SensorWords = Same<typeof en>;

const zh: SensorWords = {
  note: (count) => `${count} 个传感器需检查`,
  title: "需检查的传感器（并非设备故障）",
  clockOf: "时钟",
  faults: {
    stuck: "一直重复同一个值",
    "drop-out": "没有数据",
    sentinel: "发送了表示“无值”的数字",
    uom: "换成了另一种计量单位",
    unlearnt: "设备调试时没有数据",
    clock: "落后",
  },
  mends: {
    stuck: "请检查传感器：调试期间从未如此长时间不变。",
    "drop-out": "请检查传感器及其线缆。",
    sentinel: "请检查传感器，并让采集器在无值时不发送数字。",
    uom: "请把传感器改回原单位，或修改该通道的单位。",
    unlearnt: "该通道尚未受监测：请导入包含此通道基线的设备。",
    clock: "请校准设备时钟：它发送的数据会被视为迟到。",
  },
  since: (span, rows) => `已持续 ${span}，${rows} 个样本`,
  zone: (zone) => `${zone} 区`,
  wear: (what, days, from, to) => `${what}约 ${days} 天后达到限值（${from}–${to} 天）`,
  wearOf: "磨损量",
  wearNote: (days) => `磨损：约剩 ${days} 天`,
};

export const sensorWords: Dictionary<SensorWords> = { en, zh };
