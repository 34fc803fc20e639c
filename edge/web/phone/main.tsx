/** The engineer's page: React and nothing else, so that it opens on a poor connection. */
import "../language-tag.ts";
import "@fontsource-variable/noto-sans-sc/index.css";
import "../tokens.css";
import "./phone.css";
import { createRoot } from "react-dom/client";
import { PhonePage } from "./phone-page.tsx";

const root = document.getElementById("root");
/** `/p/{unit}` */
const unit = decodeURIComponent(location.pathname.split("/")[2] ?? "");
if (root !== null) createRoot(root).render(<PhonePage unit={unit} />);
