import { render } from "preact";
import { watchVisibility } from "./app/connection.ts";
import { listenForKeys } from "./app/keyboard.ts";
import { followLinks } from "./app/location.ts";
import { Shell } from "./app/shell.tsx";
import { readTheme } from "./app/theme.ts";
import { readToken } from "./app/token.ts";

readTheme();
readToken();
watchVisibility();
followLinks();
listenForKeys();
render(<Shell />, document.body);
