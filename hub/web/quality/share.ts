/** Shares as people read them. Pure. */

/** Never rounded to all or to nothing while it is not. `share` in [0, 1]. */
export function percentOf(share: number): string {
  if (share <= 0) return "0 %";
  if (share >= 1) return "100 %";
  const percent = share * 100;
  if (percent > 99.9) return "> 99.9 %";
  if (percent < 0.1) return "< 0.1 %";
  return `${percent.toFixed(percent > 99 || percent < 10 ? 1 : 0)} %`;
}

type Params = Readonly<Record<string, string | number>>;

/** A finding's figures for its words: as they stand, or as shares. */
export function saidOf(params: Params): { readonly v: (name: string) => string; readonly s: (name: string) => string } {
  return {
    v: (name) => String(params[name] ?? ""),
    s: (name) => {
      const value = params[name];
      return typeof value === "number" ? percentOf(value) : (value ?? "");
    },
  };
}
