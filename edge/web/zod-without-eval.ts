/** Imported before any schema is built: zod would try `new Function`, which a strict content policy reports. */
import { z } from "zod";

z.config({ jitless: true });
