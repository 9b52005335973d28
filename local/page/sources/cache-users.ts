import { once } from "node:events";
import net from "node:net";

const TIMEOUT_MS = 2000;

/** Users of a Redis, through the one command `ACL USERS`: a client library would take 5 MB. */
export async function listCacheUsers(url: string): Promise<string[]> {
  const { hostname, port, username, password } = new URL(url);
  const socket = net.connect({ host: hostname, port: Number(port || 6379) });
  socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error("The cache does not answer")));
  try {
    await once(socket, "connect");
    const credentials = password === "" ? [] : [username || "default", password].map(decodeURIComponent);
    if (credentials.length > 0) socket.write(command("AUTH", ...credentials));
    socket.write(command("ACL", "USERS") + command("QUIT"));
    let answer = "";
    for await (const chunk of socket.setEncoding("utf8")) answer += chunk;
    return bulkStrings(answer);
  } finally {
    socket.destroy();
  }
}

function command(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join("")}`;
}

/** The texts of an answer's one array; a user's name holds no line break. */
function bulkStrings(answer: string): string[] {
  return [...answer.matchAll(/\$\d+\r\n([^\r]*)\r\n/g)].map(([, text]) => text!);
}
