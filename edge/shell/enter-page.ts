/** What a one-time link shows to whoever did not come as a person's navigation: a button. Looking at it uses nothing up. */
import type { Context } from "hono";
import { html } from "hono/html";
import type { Bound } from "./guard.ts";

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/** `place`: where it leads, as people call it. */
export async function enterPage(c: Context<Bound>, place: Readonly<Record<"zh" | "en", string>>): Promise<Response> {
  const zh = (c.req.header("accept-language") ?? "").toLowerCase().startsWith("zh");
  const words = zh
    ? { title: "进入", button: `进入 ${place.zh}`, once: "此链接只能使用一次。" }
    : { title: "Enter", button: `Enter ${place.en}`, once: "This link opens once." };
  c.header("content-security-policy", POLICY);
  c.header("cache-control", "no-store");
  c.header("referrer-policy", "no-referrer");
  return c.html(
    html`<!doctype html>
      <html lang="${zh ? "zh-CN" : "en"}">
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Outpost · ${words.title}</title>
        <style>
          :root {
            color-scheme: light dark;
            font:
              16px/1.5 system-ui,
              sans-serif;
          }
          body {
            display: grid;
            place-content: center;
            min-height: 90vh;
            text-align: center;
            gap: 12px;
          }
          button {
            font: inherit;
            padding: 12px 28px;
            border: 0;
            border-radius: 8px;
            background: #0b6b6b;
            color: #fff;
          }
        </style>
        <form method="post"><button autofocus>${words.button}</button></form>
        <small>${words.once}</small>
      </html>`,
  );
}
