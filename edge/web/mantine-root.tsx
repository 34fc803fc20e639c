/** What the pages built with Mantine stand in: one theme, and one rule for what is asked again. */
import { MantineProvider, createTheme } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { problemOf } from "./ask.ts";

const theme = createTheme({
  fontFamily: "var(--font)",
  primaryColor: "teal",
  defaultRadius: 6,
  cursorType: "pointer",
  components: { Button: { defaultProps: { size: "xs", variant: "default" } }, Tooltip: { defaultProps: { openDelay: 300, withArrow: true } } },
});

export type Asking = {
  readonly retriesMax: number;
  /** How long an answer counts as fresh. */ readonly staleMs: number;
  readonly refetchOnWindowFocus: boolean;
};

export function renderPage(page: ReactNode, { retriesMax, staleMs, refetchOnWindowFocus }: Asking): void {
  // A refusal is an answer: only silence is asked again.
  const retry = (count: number, error: Error): boolean => count < retriesMax && problemOf(error).code === "offline";
  const queries = new QueryClient({ defaultOptions: { queries: { retry, refetchOnWindowFocus, staleTime: staleMs } } });
  const root = document.getElementById("root");
  if (root === null) return;
  createRoot(root).render(
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>{page}</QueryClientProvider>
    </MantineProvider>,
  );
}
