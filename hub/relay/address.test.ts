import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeAddress } from "./address.ts";

const judge = (text: string, local = false): string => judgeAddress(text, URL.canParse(text) ? new URL(text) : null, local)?.refused ?? "sent";

describe("O8 webhooks go to public https addresses only", () => {
  test.each([
    "https://hooks.example.com/outpost",
    "https://hooks.example.com:8443/x?y=1",
    "https://hooks.example.com./x",
    "https://8.8.8.8/hook",
    "https://172.15.0.1/",
    "https://172.32.0.1/",
    "https://100.63.0.1/",
    "https://192.167.1.1/",
    "https://[2606:4700::1111]/hook",
    "https://[2a00:1450:4001::200e]:443/",
    "https://例子.测试.example.com/",
    "https://localhost.example.com/",
    "https://internal.example.org/",
  ])("sent: %s", (url) => expect(judge(url)).toBe("sent"));

  test.each([
    // No https, another port, secrets in the address.
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "data:text/plain,x",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:6379/",
    "https://user@hooks.example.com/",
    "https://user:secret@hooks.example.com/",
    "https://:secret@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    // This machine and what is near.
    "https://127.0.0.1/",
    "https://127.1.2.3:8443/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/latest/meta-data",
    "https://169.254.169.254/latest/meta-data",
    "https://168.63.129.16/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    // Other spellings of the same.
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://①②⑦.0.0.1/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://%31%32%37.0.0.1/",
    "https://127.0.0.1./",
    "https://134744072/",
    "https://0x08080808/",
    "https://010.8.8.8/",
    "https:\\\\127.0.0.1\\",
    // IPv6.
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::127.0.0.1]/",
    "https://[0:0:0:0:0:ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[2001:db8::1]/",
    "https://[2001::1]/",
    "https://[2002:7f00:1::]/",
    "https://[3fff::1]/",
    "https://[4000::1]/",
    // Names of an inside.
    "https://localhost/",
    "https://LOCALHOST/",
    "https://ⓛocalhost/",
    "https://localhost./",
    "https://hub.localhost/",
    "https://metadata/",
    "https://metadata.google.internal/computeMetadata/v1/",
    "https://printer.local/",
    "https://kubernetes.default.svc/",
    "https://db.svc.cluster.local/",
    "https://nas.lan/",
    "https://router.home.arpa/",
    "https://erp.corp/",
    "https://intranet/",
    "https://erp.intranet/",
  ])("refused: %s", (url) => expect(judge(url)).toBe("forbidden-address"));

  test.each([
    "",
    "hooks.example.com",
    "https://",
    "https://[::1",
    "https://[fe80::1%25eth0]/",
    "https://a b/",
    `https://hooks.example.com/${"x".repeat(2_100)}`,
  ])("no URL: %s", (url) => expect(judge(url)).toBe("malformed"));

  test("whatever spelling the platform's parser understands: no IPv4 address of a private network is let through", () => {
    const part = fc.integer({ min: 0, max: 255 });
    const inner = fc.oneof(
      fc.tuple(fc.constantFrom(0, 10, 127, 224, 240, 255), part, part, part),
      fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), part, part),
      fc.tuple(fc.constant(192), fc.constant(168), part, part),
      fc.tuple(fc.constant(169), fc.constant(254), part, part),
      fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), part, part),
    );
    const spell = fc.constantFrom<(p: readonly number[]) => string>(
      (p) => p.join("."),
      (p) => p.map((n) => `0x${n.toString(16)}`).join("."),
      (p) => p.map((n) => `0${n.toString(8)}`).join("."),
      (p) => String(p.reduce((sum, n) => sum * 256 + n, 0)),
      (p) => `0x${p.reduce((sum, n) => sum * 256 + n, 0).toString(16)}`,
      ([a = 0, b = 0, c = 0, d = 0]) => `${a}.${(b * 256 + c) * 256 + d}`,
      ([a = 0, b = 0, c = 0, d = 0]) => `${a}.${b}.${c * 256 + d}`,
      (p) => `[::ffff:${p.join(".")}]`,
      (p) => `[64:ff9b::${p.join(".")}]`,
      ([a = 0, b = 0, c = 0, d = 0]) => `[2002:${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}::1]`,
      (p) => [...p.join(".")].map((c) => (/\d/.test(c) ? String.fromCharCode(c.charCodeAt(0) + 0xfee0) : "。")).join(""),
    );
    fc.assert(
      fc.property(inner, spell, (address, spelt) => {
        expect(judge(`https://${spelt(address)}/`)).toBe("forbidden-address");
      }),
      { numRuns: 2_000 },
    );
  });

  test("for a demo on this machine http and any host are let through, and a password in the URL is not", () => {
    expect(judge("http://127.0.0.1:4000/hook", true)).toBe("sent");
    expect(judge("http://localhost:4000/hook", true)).toBe("sent");
    expect(judge("http://me:secret@127.0.0.1:4000/hook", true)).toBe("forbidden-address");
    expect(judge("file:///etc/passwd", true)).toBe("forbidden-address");
    expect(judge("nothing", true)).toBe("malformed");
  });
});
