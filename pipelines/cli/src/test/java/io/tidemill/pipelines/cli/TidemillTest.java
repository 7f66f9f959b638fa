package io.tidemill.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

class TidemillTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "validate --help",
        "doctor --help",
        "run --help",
        "stop --help",
        "submit --help",
        "package --help",
        "units --help",
        "units list --help",
        "units import --help",
        "units export --help",
        "jobs --help",
        "jobs list --help",
        "jobs show --help",
        "jobs stop --help",
        "jobs upgrade --help",
        "jobs rescale --help",
        "jobs logs --help",
        "plan --help",
        "init --help",
        "schema --help",
        "model --help",
        "model push --help",
        "model list --help",
        "model inspect --help",
        "model diff --help",
        "model verify --help",
        "model alias --help",
        "model delete --help",
        "model pull --help",
        "model export --help",
        "model prune --help"
      })
  void explainsEveryCommand(String arguments) {
    CommandRun run = CommandRun.of(arguments.split(" ", -1));

    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    assertThat(run.out())
        .startsWith("Usage: tidemill " + arguments.replace("--help", "").strip())
        .contains("--help");
    assertThat(run.err()).isEmpty();
  }

  @Test
  void saysItsVersion() {
    assertThat(CommandRun.of("--version").out().lines())
        .first()
        .asString()
        .matches("tidemill \\d+\\.\\d+\\.\\d+.*");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          valdate job.yaml  | tidemill: unknown command 'valdate' (did you mean 'validate'? allowed: init, run, stop, package, units, submit, jobs, plan, validate, doctor, schema, runs, render, dead-letters, model)
          rnu job.yaml      | tidemill: unknown command 'rnu' (did you mean 'run'?
          job.yaml          | tidemill: unknown command 'job.yaml' (allowed: init, run,
          model psh a b     | tidemill model: unknown command 'psh' (did you mean 'push'? allowed: push, list,
          model tset a:1.0.0 | tidemill model: unknown command 'tset' (did you mean 'test'?
          model list a b    | tidemill: Unmatched argument at index 3: 'b'
          model             | tidemill: no command (expected: one of push, list, inspect, diff, verify, test, sign, alias, delete, pull, export, prune)
          validate          | tidemill: Missing required parameter: 'JOB.yaml'
          init pom.xml      | tidemill: pom.xml: not a folder (expected: an empty folder, or none)
          init .            | tidemill: .: not empty (expected: an empty folder, or none)
          init / --template kafka | tidemill: /: the root (expected: an empty folder, or none)
          init new --template csv | Invalid value for option '--template'
          validate --bogus x | tidemill validate: unknown option '--bogus' (allowed: --date, --debug, --help,
          model list --stoer=x | tidemill model list: unknown option '--stoer' (did you mean '--store'? allowed:
          model list -o xml | Invalid value for option '--output'
          model export fraud x | model: 'fraud' (expected: name:version as in fraud:1.4.2, or name@alias as in fraud@production)
          model push . fraud:1.x | version: '1.x' (expected: major.minor.patch as in 1.4.2 or 2.0.0-rc.1)
          model push . fraud@production | model: 'fraud@production' (expected: name:version as in fraud:1.4.2)
          model push /no/such fraud:1.0.0 | tidemill: /no/such: no such file or folder (expected: the model's)
          model push . fraud:1.0.0 --input-tensor x | tensor: 'x' (expected: name, type and shape as in 'features float32[-1, 4]')
          model push . fraud:1.0.0 --engine abacus | tidemill: engine: 'abacus' (allowed: lightgbm, onnx, pytorch, tensorflow, xgboost)
          model push s3://b/m.onnx fraud:1.0.0 | tidemill: s3:/b/m.onnx: a URI (expected: a path of this machine; copy the model here first)
          model push . fraud:1.0.0 --max-size 0 | bytes of an archive: 0 (expected: >= 1)
          model export fraud:1.0.0 | tidemill: Missing required parameter: 'PATH'
          model export fraud:1.0.0 / | tidemill: /: the root (expected: an empty folder, or none)
          model export fraud:1.0.0 pom.xml | tidemill: pom.xml: not a folder (expected: an empty folder, or none)
          model alias fraud:1.0.0 Bad! | tidemill: alias: 'Bad!' (expected: 1 to 128 of a-z
          model alias fraud:1.0.0 | tidemill: alias: none (expected: a name as in production)
          model alias --delete fraud:1.0.0 | tidemill: alias to delete: 'fraud:1.0.0' (expected: name@alias alone, as in fraud@production)
          model delete fraud@production | model: 'fraud@production' (expected: name:version as in fraud:1.4.2)
          model prune --max-size much | size: 'much' (expected: as in 10GiB, 512MB or 1048576)
          stop fraud        | tidemill: job 'fraud' does not run here (lease: /
          jobs              | tidemill: no command (expected: one of list, show, stop, upgrade, rescale, logs)
          jobs lsit         | tidemill jobs: unknown command 'lsit' (did you mean 'list'?
          jobs stop         | tidemill: Missing required parameter: 'JOB'
          jobs rescale x 0  | tidemill: parallelism: 0 (expected: >= 1)
          jobs logs --tail 0 | tidemill: --tail: 0 (expected: >= 1)
          jobs stop x --drain --cancel | mutually exclusive
          jobs list --rest http://me:secret@127.0.0.1:1 | tidemill: http://127.0.0.1:1: /jobs/overview: nothing answers (expected:
          model prune --store= | tidemill: store: '' (expected: a URI as in
          model prune --older-than long | time: 'long' (expected: a duration as in 20ms, 10s, 1min or PT1S)
          dead-letters ls job.yaml --since 2026-11-28 | '--since': '2026-11-28' (expected: a time as in 2026-11-28T09:30:00Z, or how long ago, as in 2h)
          model list --store s3://user:secret@models | tidemill: store: a URI with a password (expected: none)
          model list --store s3://user:more/secret@models | tidemill: store: a URI with a password (expected: none)
          model push https://me:secret@host/m fraud:1.0.0 | tidemill: https:/******@host/m: a URI (expected: a path of this machine
          """)
  void refusesWrongUsageInOneMessage(String arguments, String message) {
    CommandRun run = CommandRun.of(arguments.split(" +", -1));

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(message).doesNotContain("\tat ").doesNotContain("secret");
    assertThat(run.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          validate --bogus x -o json       | tidemill validate: unknown option '--bogus' (allowed: --date
          -o json validate                 | Missing required parameter: 'JOB.yaml'
          valdate job.yaml --output=JSON   | tidemill: unknown command 'valdate' (did you mean 'validate'?
          plan -ojson                      | Missing required parameter: 'JOB.yaml'
          model -o json                    | tidemill model: unknown option '-o' (
          jobs logs x --tail 0 -o json     | --tail: 0 (expected: >= 1)
          model push . fraud:1.x -o json   | version: '1.x' (expected: major.minor.patch
          run x --run-date y -o yaml       | tidemill run: unknown option '--run-date' (
          """)
  void answersMachinesThatCallItWrongly(String arguments, String message) throws IOException {
    CommandRun run = CommandRun.of(arguments.split(" +"));

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(message);
    JsonNode problem =
        arguments.endsWith("yaml")
            ? new ObjectMapper()
                .valueToTree(new Load(LoadSettings.builder().build()).loadFromString(run.out()))
            : new ObjectMapper().readTree(run.out());
    assertThat(problem.at("/problems/0/message").asText()).contains(message);
    assertThat(problem.at("/problems/0/line").asInt(-1)).isZero();
  }

  @Test
  void writesWhatATerminalWouldObeyAsItsCode() {
    assertThat(CommandRun.of("model", "li\u001b[31mst").err()).contains("li\\u001b[31mst");
    assertThat(CommandRun.of("model", "push", "no\u001bsuch", "fraud:1.0.0").err())
        .contains("no\\u001bsuch");
  }

  @Test
  void showsAStackTraceOnlyForDebugging() {
    CommandRun quiet = CommandRun.of("model", "export", "fraud:1.0.0", "x", "--store", "absent");
    CommandRun debugging =
        CommandRun.of("--debug", "model", "export", "fraud:1.0.0", "x", "--store", "absent");

    assertThat(quiet.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(quiet.err()).startsWith("tidemill: ").doesNotContain("\tat ");
    assertThat(debugging.exitCode()).isEqualTo(ExitCode.MODEL);
    assertThat(debugging.err()).startsWith("tidemill: ").contains("\tat ");
  }
}
