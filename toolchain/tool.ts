/** A program that the platform or its tests need on this machine. */
export interface Tool {
  name: string;
  /**
   * The installed version and its origin; a string says why the installed one is unusable;
   * undefined: nothing is installed.
   */
  find(): Promise<Installation | string | undefined>;
  /** The command that installs it, for a person to type. */
  remedy: string;
  /** How `make setup` installs it; absent: a person has to, by the remedy. */
  install?: {
    /** For the progress line, e.g. "about 4 minutes, once". */
    duration: string;
    /**
     * Chooses the way, before anything is installed.
     *
     * @throws {@link UserError} for what that way needs and this machine lacks
     */
    check?(): Promise<void>;
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
