import { expect, test } from "vitest";
import { COMPLAINT_CHARS_MAX, isSaid, readComplaint } from "./words.ts";

test.each([
  ["The pump is leaking oil again!", "oil leak", "said"],
  ["Oil leaks, slowly", "leaking oil", "said"],
  ["there's a puddle; it LEAKED all night", "leak", "said"],
  ["No leak, but it is very loud", "leak", "denied"],
  ["it isn’t leaking", "leak", "denied"],
  ["it does not leak but the seal leaks now", "leak", "said"],
  ["without any grinding noise", "grinding noise", "denied"],
  ["not that I know. It leaks", "leak", "said"],
  ["it will not start", "not start", "said"],
  ["The motor doesn't start any more", "not start", "said"],
  ["bleak weather", "leak", "not-said"],
  ["the oil was changed last year and somebody saw a leak of water", "oil leak", "not-said"],
  ["", "leak", "not-said"],
])("KG7 %j says %j: %s", (text, phrase, said) => {
  expect(isSaid(readComplaint(text), phrase, "en")).toBe(said);
});

test.each([
  ["泵漏油了，快来人", "漏油", "said"],
  ["没有漏油，但是声音很大", "漏油", "denied"],
  ["没发现漏油", "漏油", "denied"],
  ["轴承那边有点响", "轴承 响", "said"],
  ["轴承不响", "轴承 响", "denied"],
  ["轴承昨天刚刚检查过了，电机一直响", "轴承 响", "not-said"],
  ["无法启动", "无法启动", "said"],
  ["昨天没漏油，今天漏油了", "漏油", "said"],
  ["流量很小", "流量 小", "said"],
  ["Ｅ１２ 报警", "e12", "said"],
])("KG7 %s 说 %s: %s", (text, phrase, said) => {
  expect(isSaid(readComplaint(text), phrase, "zh")).toBe(said);
});

test("KG7 no more of a complaint is looked at than its limit, and nothing in it takes long", () => {
  const long = `${"漏".repeat(COMPLAINT_CHARS_MAX)}油`;
  expect(isSaid(readComplaint(long), "漏油", "zh")).toBe("not-said");
  const noisy = "leak no ".repeat(2_000);
  expect(isSaid(readComplaint(noisy), "leak oil water gravel", "en")).toBe("not-said");
});
