import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { contractOf } from "../contracts/contract.ts";
import { hashSecret } from "../edge/shell/guard.ts";
import { documentOf } from "./registry/fixture/document.ts";
import { streamObject } from "./shell/feed-reader.ts";

const tokenFor = async (role: "integrator" | "operations"): Promise<string> => {
  const secret = crypto.randomUUID();
  await streamObject(env, "registry").addToken(hashSecret(secret), { role, subject: `${role}-person` });
  return secret;
};
const call = async (
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> => {
  const init = { method, headers: { authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await exports.default.fetch(new Request(`http://hub${path}`, init));
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

test("K5 our own contracts are published before anybody asks", async () => {
  const token = await tokenFor("integrator");
  const { status, body } = await call(token, "GET", "/api/hub/contracts/ticket");
  expect([status, body]).toMatchObject([200, { subject: "ticket", mode: "FULL_TRANSITIVE", versions: [{ major: 1, revision: 0, state: "published" }] }]);
  expect(await call(token, "GET", "/api/hub/contracts/ticket/1.0")).toMatchObject({
    body: { fingerprint: contractOf("ticket").fingerprint, made: { by: "outpost" } },
  });
});

test("K5 publish", async () => {
  const token = await tokenFor("operations");
  expect(await call(token, "POST", "/api/hub/contracts", { subject: "store", schema: documentOf(), why: "cold stores are maintained too" })).toMatchObject({
    status: 201,
    body: { subject: "store", major: 1, revision: 0, published: true },
  });
});
