import { render } from "preact";
import { follow } from "./feed/feed";
import "./look/tokens.css";
import "./look/base.css";
import "./look/frame.css";
import "./look/parts.css";
import "./look/incidents.css";
import "./look/theme";
import { language } from "./text";
import { App } from "./app";

document.documentElement.lang = language.value;
follow();
const root = document.getElementById("app");
if (root) render(<App />, root);
