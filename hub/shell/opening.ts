/** An object's first moment: its tables are brought to this release's, and whatever else must be so, before any call comes in. */

/** What fails is told as it was: drizzle says "Rollback" only, and what went wrong is underneath. Then the object does not open. */
export function openWith(ctx: DurableObjectState, name: string, open: () => Promise<void>): void {
  void ctx.blockConcurrencyWhile(async () => {
    try {
      await open();
    } catch (error) {
      console.error(`${name}: migration failed`, error instanceof Error ? (error.cause ?? error) : error);
      throw error;
    }
  });
}
