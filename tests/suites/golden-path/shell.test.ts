import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { Stack } from "../../support/stack/stack.ts";

/** Types lines in one terminal, after `make shell` of a clone. */
const inShellOf = (clone: Stack, line: string, stack = "local") =>
  clone.type(`eval "$(make -s shell STACK=${stack})"; ${line}`);

describe("the variables of make shell (INF-14)", function () {
  this.timeout(120_000);
  let first: Stack;
  let second: Stack;
  before(async () => {
    [first, second] = [await Stack.create(), await Stack.create()];
    for (const name of ["dev", "prod"])
      for (const { root: clone } of [first, second])
        cpSync(join(root, `Pulumi.${name}.yaml`), join(clone, `Pulumi.${name}.yaml`));
    await inShellOf(first, "true");
  });
  after(async () => {
    for (const stack of [first, second]) await stack.destroy();
  });

  const stateOf = (clone: Stack) => join(clone.root, ".plinth/state/.pulumi/stacks/plinth/local.json");

  describe("in another clone", () => {
    const ways: [what: string, line: () => string][] = [
      ["after cd", () => `cd ${second.root}; make -s down PURGE=1`],
      ["by make -C", () => `make -s -C ${second.root} down PURGE=1`],
      ["in a nested shell", () => `sh -c 'cd ${second.root}; exec make -s down PURGE=1'`],
      ["by cli/run", () => `${second.root}/cli/run down local purge`],
    ];
    for (const [what, line] of ways)
      it(`change nothing of the first one: 'make down PURGE=1' ${what}`, async () => {
        const { code, output } = await inShellOf(first, line());
        assert.equal(code, 0, output);
        assert.match(output, /Stack 'local' does not exist: there is nothing to stop\./);
        assert.ok(existsSync(stateOf(first)));
        assert.ok(!existsSync(stateOf(second)));
      });

    it("are replaced by those of that clone", async () => {
      const { code, output } = await inShellOf(
        first,
        `cd ${second.root}; eval "$(make -s shell)"; env; pulumi config set portOffset 4321; pulumi stack ls`,
      );
      assert.equal(code, 0, output);
      assert.ok(output.includes(`\nPULUMI_BACKEND_URL=file://${second.root}/.plinth/state?metadata=skip\n`), output);
      assert.ok(!/^PATH=.*$/m.exec(output)![0].includes(first.root), "the first clone's folders have left PATH");
      assert.match(readFileSync(join(second.root, "Pulumi.local.yaml"), "utf8"), /portOffset: "?4321/);
      rmSync(join(second.root, ".plinth/state"), { recursive: true });
    });

    it("are refused by plain Pulumi, also by way of --cwd", async () => {
      for (const line of ["cd B; pulumi stack ls", "pulumi --cwd B stack ls", "pulumi -C B destroy --yes"]) {
        const { code, output } = await inShellOf(first, line.replace("B", second.root));
        assert.notEqual(code, 0);
        assert.match(
          output,
          /This terminal is set up for .*, and .* is another clone, with stacks of its own\. Type: eval/,
        );
      }
      assert.ok(existsSync(stateOf(first)));
    });

    it("are refused where only the backend was taken along, without their marks", async () => {
      const { code, output } = await second.type(`PULUMI_BACKEND_URL=file://${first.root}/.plinth/state make -s down`);
      assert.notEqual(code, 0);
      assert.match(output, /PULUMI_BACKEND_URL is .*, the state of another clone, .* Type: unset PULUMI_BACKEND_URL/);
    });

    it("leave a pulumi that works where only PATH was taken along", async () => {
      const { code, output } = await inShellOf(first, 'env -i "PATH=$PATH" HOME=/tmp pulumi version');
      assert.equal(code, 0, output);
      assert.match(output, /^v\d+\.\d+/m);
    });

    it("are worked out again after the clone was renamed", async () => {
      const [here, moved] = [second.root, `${second.root}-moved`];
      const rename = (from: string, to: string) =>
        `mv ${from} ${to}; cd ${to}; for link in node_modules/@plinth/*; do ln -sfn $(readlink $link | sed s#${from}#${to}#) $link; done`;
      const { code, output } = await inShellOf(
        second,
        `${rename(here, moved)}; make -s shell | grep BACKEND; ${rename(moved, here)}`,
      );
      assert.equal(code, 0, output);
      assert.match(output, new RegExp(`file://${moved}/\\.plinth/state`));
    });

    it("hold through a symbolic link to their clone", async () => {
      const link = join(second.root, "link");
      symlinkSync(first.root, link);
      const { code, output } = await inShellOf(first, `cd ${link}; pulumi stack ls; make -s down`);
      rmSync(link);
      assert.equal(code, 0, output);
      assert.match(output, /^local/m);
    });
  });

  it("that the person has set stay the person's, in every clone", async () => {
    const state = join(first.root, "elsewhere");
    const { output } = await first.type(
      `mkdir ${state}; export PULUMI_BACKEND_URL=file://${state} PULUMI_SKIP_UPDATE_CHECK=no; eval "$(make -s shell)"; cd ${second.root}; make -s shell`,
    );
    assert.match(output, new RegExp(`export PULUMI_BACKEND_URL=file://${state}$`, "m"));
    assert.match(output, /export PULUMI_SKIP_UPDATE_CHECK=no$/m);
  });

  describe("for production", () => {
    const settings = () => readFileSync(join(first.root, "Pulumi.prod.yaml"), "utf8");

    it("have no passphrase, and take the default one of another stack away", async () => {
      const { output } = await inShellOf(first, `eval "$(make -s shell STACK=prod)"; env`);
      assert.match(output, /^PULUMI_STACK=prod$/m);
      assert.doesNotMatch(output, /^PULUMI_CONFIG_PASSPHRASE=/m);
    });

    it("never encrypt with the default passphrase: plain Pulumi refuses it", async () => {
      const before = settings();
      const set = (flags: string) => `pulumi config set ${flags} --secret databasePassword secret`;
      const lines = ["-s prod", "--stack=prod", "--stack organization/plinth/prod", "--config-file=Pulumi.prod.yaml"];
      for (const line of [...lines.map(set), "pulumi stack init prod", "pulumi stack select --create prod"]) {
        const { code, output } = await inShellOf(first, line);
        assert.notEqual(code, 0);
        assert.match(output, /is for production, and 'local' is the passphrase of the other stacks/);
      }
      assert.equal(settings(), before);
    });

    it("never encrypt with it however the settings are written, and wherever it is kept", async () => {
      const file = join(first.root, "Pulumi.live.yaml");
      const flow = 'config: { "plinth:profile": production }\n';
      writeFileSync(file, flow);
      writeFileSync(join(first.root, "pass"), "local\n");
      const kept = "PULUMI_CONFIG_PASSPHRASE= PULUMI_CONFIG_PASSPHRASE_FILE=pass ";
      for (const before of ["", kept]) {
        const { code, output } = await inShellOf(first, `${before}pulumi stack init live`);
        assert.notEqual(code, 0);
        assert.match(output, /is for production, and 'local' is the passphrase of the other stacks/);
      }
      assert.equal(readFileSync(file, "utf8"), flow);
    });

    const refusals: [what: string, line: string, sentence: RegExp][] = [
      [
        "that another stack's 'make shell' left",
        'eval "$(make -s shell)"; make -s preview STACK=prod',
        /neither passphrase nor key service/,
      ],
      [
        "that was typed",
        "PULUMI_CONFIG_PASSPHRASE=local make -s preview STACK=prod",
        /PULUMI_CONFIG_PASSPHRASE is 'local'/,
      ],
      [
        "in a file",
        "echo local >pass; PULUMI_CONFIG_PASSPHRASE_FILE=pass make -s preview STACK=prod",
        /pass holds 'local', the default/,
      ],
      ["that is empty", "PULUMI_CONFIG_PASSPHRASE= make -s up STACK=prod", /neither passphrase nor key service/],
      ["that is missing", "make -s up STACK=prod", /neither passphrase nor key service/],
    ];
    for (const [what, line, sentence] of refusals)
      it(`refuse a passphrase ${what}, in one sentence`, async () => {
        const before = settings();
        const { code, output } = await first.type(line);
        assert.notEqual(code, 0);
        assert.match(output, sentence);
        assert.doesNotMatch(output, /^\s+at .+:\d+/m);
        assert.equal(settings(), before);
      });
  });
});
