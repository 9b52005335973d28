import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findProgram } from "@plinth/local/locations.ts";
import { runGit } from "../../cli/service-files/git.ts";

/** A repository without any files of this platform. */
export interface Sample {
  language: "node" | "go" | "python" | "php";
  /** The program that runs it. */
  program: string;
  files: Record<string, string>;
  /** Its answer on `/`. */
  says: string;
}

export const samples: Sample[] = [
  {
    language: "node",
    program: "node",
    says: "hello from node",
    files: {
      "package.json":
        '{ "name": "greeter", "description": "Greets its callers", "scripts": { "start": "node index.js" } }\n',
      "index.js": `const http = require("node:http");
const server = http.createServer((request, response) => response.end(request.url === "/healthz" ? "ok" : "hello from node"));
server.listen(process.env.PORT || 3000, process.env.HOST);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`,
      "README.md": "# Greeter\n\nGreets its callers.\n",
    },
  },
  {
    language: "go",
    program: "go",
    says: "hello from go",
    files: {
      "go.mod": "module example.com/hello\n\ngo 1.24\n",
      "cmd/hello/main.go": `package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/health", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") })
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello from go") })
	if err := http.ListenAndServe(os.Getenv("HOST")+":"+os.Getenv("PORT"), nil); err != nil {
		panic(err)
	}
}
`,
    },
  },
  {
    language: "python",
    program: "python3",
    says: "hello from python",
    files: {
      "requirements.txt": "# nothing but the standard library\n",
      "app.py": `import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok" if self.path == "/health" else b"hello from python")


HTTPServer((os.environ.get("HOST", ""), int(os.environ.get("PORT", "5000"))), Handler).serve_forever()
`,
    },
  },
  {
    language: "php",
    program: "php",
    says: "hello from php",
    files: {
      "composer.json": '{ "name": "acme/hello", "description": "Says hello" }\n',
      "public/index.php":
        '<?php\nif ($_SERVER["REQUEST_URI"] === "/health") { echo "ok"; return; }\necho "hello from php";\n',
    },
  },
];

/** The samples whose language this machine can run. */
export const runnable = samples.filter(({ program }) => program === "node" || findProgram(program) !== undefined);

/** A new temporary folder. */
export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "plinth-golden-")));
}

/** Writes the files, and commits them when `repository` is set. */
export function writeFiles(folder: string, files: Record<string, string>, { repository = false } = {}): string {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  if (repository) commit(folder);
  return folder;
}

/** Creates a repository with one commit of everything. */
export function commit(folder: string): void {
  runGit(folder, "init", "--quiet", "--initial-branch=main");
  runGit(folder, "add", "--all");
  runGit(
    folder,
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.com",
    "commit",
    "--quiet",
    "--allow-empty",
    "--message",
    "As it is",
  );
}
