import type { Violation } from "../finding.ts";
import type { Statement } from "../sql/source-file.ts";

/** Statements that would end the file's transaction, or that hide what they do. */
export function checkTransactions({ node }: Statement): Violation[] {
  if ("TransactionStmt" in node) {
    // Savepoints stay within the transaction.
    const { kind = "" } = node.TransactionStmt;
    if (/SAVEPOINT|ROLLBACK_TO|RELEASE/.test(kind)) return [];
    const statement = kind.replace("TRANS_STMT_", "").toLowerCase().replaceAll("_", " ");
    return [
      {
        rule: "transaction",
        reason: `'${statement}' has no place here: each file is one transaction already`,
        remedy: "remove it",
      },
    ];
  }
  const hidden = "DoStmt" in node ? "a do block" : "CallStmt" in node ? "a procedure" : undefined;
  if (hidden === undefined) return [];
  const remedy =
    "write its statements out, or say above it what it does: -- plinth:allow opaque: <what it does, and why>";
  return [{ rule: "opaque", reason: `what ${hidden} does cannot be judged`, remedy }];
}
