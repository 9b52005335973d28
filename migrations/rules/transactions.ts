import type { Violation } from "../finding.ts";
import type { Statement } from "../sql/source-file.ts";

/** Statements that would take the file out of its transaction, or that hide what they do. */
export function checkTransactions({ node }: Statement): Violation[] {
  if ("TransactionStmt" in node) {
    // What stays within the transaction is the file's own affair.
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
    "write its statements out, or say above it what it does: -- plinth:allow opaque: <what it does, and why so>";
  return [{ rule: "opaque", reason: `what ${hidden} does cannot be judged`, remedy }];
}
