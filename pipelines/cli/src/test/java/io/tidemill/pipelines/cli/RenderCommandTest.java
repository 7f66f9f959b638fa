package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Schedules, read by the systems that they are written for; where one is not here, not by it. */
class RenderCommandTest {
  private static final String CALLED = "called";

  @TempDir private Path directory;
  private Path folder;
  private Path job;

  @BeforeEach
  void writeAJobInAFolderThatIsHardToName() throws IOException {
    folder = Files.createDirectories(directory.resolve("it's 100% {# odd $HOME \"x\""));
    job =
        Files.writeString(
            folder.resolve("my job.yaml"),
            """
            name: nightly-fraud
            mode: batch
            time-zone: Europe/Berlin
            source: { connector: filesystem, path: 'in/dt={{ ds }}', format: json, columns: { a: DOUBLE } }
            steps:
              - { id: score, model: 'fraud:1.0.0', input: { x: a }, output: { y: z }, resources: { device: cpu } }
            sink: { connector: filesystem, path: 'out/dt={{ ds }}', format: json }
            """);
    // Tells where and how it was called.
    Path command =
        Files.writeString(
            Files.createDirectories(directory.resolve("bin")).resolve("tidemill"),
            "#!/bin/sh\n{ pwd; for word; do echo \"$word\"; done; } > '%s'\n"
                .formatted(directory.resolve(CALLED)));
    Files.setPosixFilePermissions(command, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private String render(String scheduler, String... more) {
    List<String> arguments = new ArrayList<>(List.of("render", scheduler, job.toString()));
    arguments.addAll(List.of(more));
    CommandRun run =
        CommandRun.of(
            Map.of("PATH", "/nowhere:" + directory.resolve("bin")),
            arguments.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.exitCode()).isEqualTo(ExitCode.DONE);
    return run.out();
  }

  /** Runs a tool, or skips the test where it is not here; answers what it printed. */
  private String tool(int expected, String... words) throws IOException, InterruptedException {
    boolean there =
        List.of(System.getenv("PATH").split(":")).stream()
            .anyMatch(path -> Files.isExecutable(Path.of(path, words[0])));
    assumeTrue(there, () -> words[0] + " is not installed");
    Process process =
        new ProcessBuilder(words).directory(directory.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", String.join(" ", words), out).isEqualTo(expected);
    return out;
  }

  private void wasCalledWith(String... words) throws IOException {
    List<String> called = new ArrayList<>(List.of(folder.toString()));
    called.addAll(List.of(words));
    assertThat(directory.resolve(CALLED)).hasContent(String.join("\n", called));
  }

  @Test
  void writesALineThatCronTakesAndAShellRuns() throws Exception {
    String crontab = render("cron", "--at", "23:05", "--wait", "90m");

    Path file = Files.writeString(directory.resolve("crontab"), crontab);
    assertThat(crontab.lines()).hasSize(2);
    assertThat(crontab)
        .startsWith(
            "# nightly-fraud for yesterday in Europe/Berlin, at 23:05 in the time zone of this machine.\n5 23 * * *  cd '");
    // As cron does: what follows an unescaped percent sign would be its input.
    String line = crontab.lines().skip(1).findFirst().orElseThrow().replaceFirst("(\\S+ +){5}", "");
    assertThat(line).doesNotContainPattern("[^\\\\]%");
    tool(0, "sh", "-c", line.replace("\\%", "%"));
    wasCalledWith("run", "my job.yaml", "--wait", "5400s", "-o", "json", "--date", "yesterday");
    assertThat(folder.resolve("nightly-fraud.log")).exists();
    // Other crons have another word for it, and for this word another meaning.
    assumeTrue(tool(1, "crontab", "-h").contains("(dry run"), "crontab has no dry run");
    tool(0, "crontab", "-n", file.toString());
  }

  @Test
  void writesUnitsThatSystemdTakes() throws Exception {
    Path service = directory.resolve("tidemill-nightly-fraud.service");
    Files.writeString(service, render("systemd", "--unit", "service"));
    Path timer = directory.resolve("tidemill-nightly-fraud.timer");
    Files.writeString(timer, render("systemd", "--unit", "timer"));

    assertThat(tool(0, "systemd-analyze", "verify", service.toString(), timer.toString()))
        .doesNotContain("nightly-fraud");
    String calendar = Files.readString(timer).replaceAll("(?s).*OnCalendar=([^\n]*).*", "$1");
    assertThat(tool(0, "systemd-analyze", "calendar", calendar))
        .contains("Normalized form: *-*-* 01:30:00 Europe/Berlin");
    assertThat(render("systemd").lines())
        .contains(
            "# /etc/systemd/system/tidemill-nightly-fraud.service",
            "# /etc/systemd/system/tidemill-nightly-fraud.timer");
  }

  /** Python makes no letter of two surrogates, and could not tell bash of them. */
  @Test
  void writesADagInAscii() {
    Path any = Path.of("/jobs");
    String dag =
        new Schedule(
                "night",
                any,
                "caf\u00e9 \ud83d\ude00.yaml",
                ZoneOffset.UTC,
                LocalTime.of(1, 30),
                Duration.ZERO,
                List.of(),
                any)
            .airflow();

    assertThat(dag).contains("'caf\\U000000e9 \\U0001f600.yaml'").isASCII();
  }

  @Test
  void writesADagThatPythonReadsAndAirflowWouldRun() throws Exception {
    Path dag = Files.writeString(directory.resolve("dag.py"), render("airflow"));
    Path airflow =
        Files.writeString(
            directory.resolve("check.py"),
            """
            import sys, types, subprocess, runpy
            def module(name, **parts):
                made = types.ModuleType(name)
                made.__dict__.update(parts)
                sys.modules[name] = made
            class DAG:
                def __init__(self, **parts):
                    assert parts["dag_id"] == "nightly-fraud", parts
                    assert parts["schedule"] == "30 1 * * *", parts
                    assert parts["catchup"] is False
                def __enter__(self): return self
                def __exit__(self, *failure): pass
            def bash(task_id, bash_command, **parts):
                # As Jinja does, which is not here.
                command = bash_command.replace("{{ '{' }}", "{")
                date = "{{ data_interval_end.in_timezone('Europe/Berlin').subtract(days=1).to_date_string() }}"
                assert date in command, command
                subprocess.run(["bash", "-c", command.replace(date, "2026-11-21")], check=True)
            module("pendulum", datetime=lambda *date, tz: (date, tz))
            module("airflow", DAG=DAG)
            module("airflow.operators")
            module("airflow.operators.bash", BashOperator=bash)
            runpy.run_path(sys.argv[1])
            """);

    tool(0, "python3", airflow.toString(), dag.toString());
    wasCalledWith("run", "my job.yaml", "--wait", "7200s", "-o", "json", "--date", "2026-11-21");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          cron JOB --at 25:00        | '25:00' (expected: a time of the day, as in 01:30)
          cron JOB --unit timer      | unknown option '--unit'
          cron JOB                   | --command: 'tidemill' is not on the PATH (expected: the path of the command
          anacron JOB                | 'anacron'
          """)
  void refuses(String line, String message) {
    String[] words = ("render " + line).split(" ");
    for (int i = 0; i < words.length; i++) {
      words[i] = words[i].equals("JOB") ? job.toString() : words[i];
    }

    CommandRun run = CommandRun.of(Map.of(), words);

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains(message);
  }

  @Test
  void refusesAJobThatRunsForNoDate() throws IOException {
    Files.writeString(job, Files.readString(job).replace("out/dt={{ ds }}", "out"));

    CommandRun run = CommandRun.of(Map.of(), "render", "cron", job.toString());

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err())
        .contains("/out' (expected: connector: filesystem, and a path with the date in it");
  }
}
