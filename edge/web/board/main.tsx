/** The unit's board: `/u/{unit}` and `/u/{unit}/tickets/{ticket}`. */
import "../language-tag.ts";
import "@fontsource-variable/noto-sans-sc/index.css";
import "@mantine/core/styles.layer.css";
import "../tokens.css";
import "../mantine.css";
import "./board.css";
import { MantineProvider, createTheme } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { problemOf } from "../ask.ts";
import { router } from "./routes.tsx";

const RETRIES_MAX = 3;

/** A refusal is an answer: only silence is asked again. */
const queries = new QueryClient({
  defaultOptions: {
    queries: { retry: (count, error) => count < RETRIES_MAX && problemOf(error).code === "offline", refetchOnWindowFocus: false, staleTime: 5_000 },
  },
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
