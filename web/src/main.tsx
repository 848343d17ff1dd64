import "./style.css";

import { render } from "preact";

import { App } from "./app";
import { begin } from "./session";

await begin();
const place = document.getElementById("app");
if (place) render(<App />, place);
