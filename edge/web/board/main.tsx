/** The unit's board: `/u/{unit}` and `/u/{unit}/tickets/{ticket}`. */
import "../language-tag.ts";
import "@fontsource-variable/noto-sans-sc/index.css";
import "@mantine/core/styles.layer.css";
import "../tokens.css";
import "../mantine.css";
import "./board.css";
import { RouterProvider } from "@tanstack/react-router";
import { renderPage } from "../mantine-root.tsx";
import { router } from "./routes.tsx";

renderPage(<RouterProvider router={router} />, { retriesMax: 3, staleMs: 5_000, refetchOnWindowFocus: false });
