package io.tidemill.pipelines.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A job that runs for yesterday, once a day, in the words of schedulers. Immutable.
 *
 * @param folder of the job's file
 * @param zone whose yesterday is meant
 * @param waitLimit for the input
 * @param more words of the call, as for whose units it takes
 */
record Schedule(
    String name,
    Path folder,
    String file,
    ZoneId zone,
    LocalTime at,
    Duration waitLimit,
    List<String> more,
    Path command) {
  private static final String YESTERDAY = "yesterday";

  Schedule {
    more = List.copyOf(more);
    if (Stream.concat(Stream.of(folder.toString(), file, command.toString()), more.stream())
        .anyMatch(path -> path.chars().anyMatch(Character::isISOControl))) {
      throw new CommandFailedException(
          ExitCode.USAGE,
          "'%s' in '%s': a path with a line break (expected: one that fits a line of a schedule)"
              .formatted(file, folder));
    }
  }

  /** A line of a crontab. */
  String cron() {
    String line =
        "cd %s && %s >> %s 2>&1"
            .formatted(shell(folder.toString()), shellLine(YESTERDAY), shell(name + ".log"));
    return """
        # %s for yesterday in %s, at %s in the time zone of this machine.
        %d %d * * *  %s
        """
        .formatted(
            name,
            zone,
            at,
            at.getMinute(),
            at.getHour(),
            // cron takes it for the end of the line.
            line.replace("%", "\\%"));
  }

  /** The unit that runs. */
  String service() {
    return """
        [Unit]
        Description=Tidemill job %s for yesterday
        Wants=network-online.target
        After=network-online.target

        [Service]
        Type=oneshot
        WorkingDirectory=%s
        ExecStart=%s
        """
        .formatted(
            name,
            folder.toString().replace("%", "%%"),
            arguments(YESTERDAY).stream().map(Schedule::unit).collect(Collectors.joining(" ")));
  }

  /** The unit that starts it. */
  String timer() {
    return """
        [Unit]
        Description=Tidemill job %s every day

        [Timer]
        OnCalendar=*-*-* %s:00 %s
        Persistent=true

        [Install]
        WantedBy=timers.target
        """
        .formatted(name, at, zone);
  }

  /** A DAG. The day before is that of the job's zone, whatever date Airflow names the run by. */
  String airflow() {
    return """
        from datetime import timedelta

        import pendulum
        from airflow import DAG

        try:
            from airflow.providers.standard.operators.bash import BashOperator
        except ImportError:  # Airflow 2
            from airflow.operators.bash import BashOperator

        with DAG(
            dag_id=%s,
            schedule="%d %d * * *",
            start_date=pendulum.datetime(2026, 1, 1, tz=%s),
            catchup=False,
            max_active_runs=1,
        ):
            BashOperator(
                task_id="run",
                bash_command=%s
                + " --date {{ data_interval_end.in_timezone('%s').subtract(days=1).to_date_string() }}",
                # Input that is not there yet, a moment of trouble: the same again does no harm.
                retries=2,
                retry_delay=timedelta(minutes=30),
            )
        """
        .formatted(
            python(name),
            at.getMinute(),
            at.getHour(),
            python(zone.toString()),
            python(jinja("cd %s && %s".formatted(shell(folder.toString()), shellLine("")))),
            zone);
  }

  /** The words of the call; without a date where that is empty. */
  private List<String> arguments(String date) {
    List<String> words =
        new ArrayList<>(
            List.of(command.toString(), "run", file, "--wait", waitSeconds(), "-o", "json"));
    words.addAll(more);
    if (!date.isEmpty()) {
      words.addAll(List.of("--date", date));
    }
    return words;
  }

  private String waitSeconds() {
    return waitLimit.toSeconds() + "s";
  }

  private String shellLine(String date) {
    return arguments(date).stream().map(Schedule::shell).collect(Collectors.joining(" "));
  }

  /** A word as a shell takes it for one. */
  static String shell(String word) {
    return word.matches("[\\w./:=@+-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
  }

  private static String unit(String word) {
    String escaped =
        word.replace("\\", "\\\\").replace("\"", "\\\"").replace("%", "%%").replace("$", "$$");
    return word.matches("[\\w./:=@+-]+") ? word : "\"" + escaped + "\"";
  }

  private static String python(String text) {
    // Python makes no letter of two surrogates.
    return text.codePoints()
        .mapToObj(
            letter ->
                letter == '"' || letter == '\\'
                    ? "\\" + (char) letter
                    : letter < 0x7f
                        ? String.valueOf((char) letter)
                        : String.format(Locale.ROOT, "\\U%08x", letter))
        .collect(Collectors.joining("", "\"", "\""));
  }

  /** A template would begin there. */
  private static String jinja(String text) {
    return text.replaceAll("\\{(?=[{%#])", "{{ '{' }}");
  }
}
