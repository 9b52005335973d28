import { connect } from "node:net";

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Sends bytes that no library would, and reads `count` answers, which must have a length.
 * @throws what has arrived when they are not there within `ms`
 */
export function exchange(port: number, bytes: string, count = 1, ms = 2000): Promise<RawAnswer[]> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(port, "127.0.0.1");
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      const answers = parseAnswers(text);
      if (answers.length >= count) resolve(answers);
      else reject(new Error(`${answers.length} of ${count} answers, after: ${text}`));
    };
    const timer = setTimeout(end, ms);
    socket.setEncoding("latin1");
    socket.once("connect", () => socket.write(bytes));
    socket.on("data", (chunk) => {
      text += String(chunk);
      if (parseAnswers(text).length >= count) end();
    });
    socket.once("error", end).once("close", end);
  });
}

function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; ; ) {
    const headEnd = rest.indexOf("\r\n\r\n");
    if (headEnd === -1) return answers;
    const [statusLine = "", ...lines] = rest.slice(0, headEnd).split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const status = Number(statusLine.split(" ")[1]);
    const length = Number(headers["content-length"] ?? 0);
    const body = rest.slice(headEnd + 4, headEnd + 4 + length);
    if (body.length < length) return answers;
    if (status >= 200) answers.push({ status, headers, body });
    rest = rest.slice(headEnd + 4 + length);
  }
}
