/** One thing that must be on the machine before the platform can run. */
export interface Tool {
  name: string;
  /**
   * What is there: its version and where it comes from. A string says what is wrong with what is
   * there. Undefined: nothing is there.
   */
  find(): Promise<Installation | string | undefined>;
  /** The exact command that brings it, for a person to type. */
  remedy: string;
  /** How `make setup` brings it by itself. Absent: it asks for it with the remedy. */
  install?: {
    /** For the progress line, e.g. "about 4 minutes, once". */
    duration: string;
    run(progress: (line: string) => void): Promise<void>;
  };
}

export interface Installation {
  version: string;
  from: string;
}

export function isInstalled(found: Installation | string | undefined): found is Installation {
  return typeof found === "object";
}
