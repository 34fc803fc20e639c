/** The hub's page: `/hub`, `/hub/{section}`, `/hub/{section}/{item}`. */
import "../../edge/web/zod-without-eval.ts";
import "../../edge/web/language-tag.ts";
import "@fontsource-variable/noto-sans-sc/index.css";
import "@mantine/core/styles.layer.css";
import "../../edge/web/tokens.css";
import "../../edge/web/mantine.css";
import "./hub.css";
import { RouterProvider } from "@tanstack/react-router";
import { renderPage } from "../../edge/web/mantine-root.tsx";
import { router } from "./routes.tsx";

renderPage(<RouterProvider router={router} />, { retriesMax: 2, staleMs: 1_000, refetchOnWindowFocus: true });
