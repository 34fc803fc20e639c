/** The hub's page: `/hub`, `/hub/{section}`, `/hub/{section}/{item}`. */
import "../../edge/web/zod-without-eval.ts";
import "../../edge/web/language-tag.ts";
import "@fontsource-variable/noto-sans-sc/index.css";
import "@mantine/core/styles.layer.css";
import "../../edge/web/tokens.css";
import "../../edge/web/mantine.css";
import "./hub.css";
import { MantineProvider, createTheme } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { problemOf } from "../../edge/web/ask.ts";
import { router } from "./routes.tsx";

const RETRIES_MAX = 2;

/** A refusal is an answer: only silence is asked again. */
const queries = new QueryClient({
  defaultOptions: { queries: { retry: (count, error) => count < RETRIES_MAX && problemOf(error).code === "offline", staleTime: 1_000 } },
});

const theme = createTheme({
  fontFamily: "var(--font)",
  primaryColor: "teal",
  defaultRadius: 6,
  cursorType: "pointer",
  components: { Button: { defaultProps: { size: "xs", variant: "default" } }, Tooltip: { defaultProps: { openDelay: 300, withArrow: true } } },
});

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>,
  );
}
