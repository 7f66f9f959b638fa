package io.tidemill.pipelines.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When docker/nightly.sh runs what: in a real shell, whose clock goes on while it sleeps. */
@Timeout(value = 300, unit = TimeUnit.SECONDS)
final class NightlyScriptTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");
  private static final ZoneId UTC = ZoneId.of("UTC");

  /** A minute's sleep is ten, so that days are over soon; then it is ended as Docker ends it. */
  private static final String CLOCK =
      """
      date() {
        if [[ "$1" == -u ]]; then command date "$@"; else command date -d "@$(< now)" "$@"; fi
      }
      sleep() {
        local step="$1"
        ((step > 60)) || step=600
        echo "$(($(< now) + step))" > now
        (($(< now) < END)) || kill $$
      }
      tidemill() {
        if [[ "$1" == runs ]]; then cat published; return; fi
        shift 2
        echo "$(date '+%d %H:%M') $*$([[ -f well ]] || echo ' unwell')" >> calls
        [[ "$CODE" != 0 ]] || echo "$2  1    published  7" >> published
        return "$CODE"
      }
      """;

  @TempDir private Path directory;

  /** The script, whose files are in a folder. */
  static String script(Path folder) throws IOException {
    return Files.readString(Path.of("../../docker/nightly.sh")).replace("/tmp/", folder + "/");
  }

  /** What was run from one moment to another, each with the moment. */
  private List<String> calls(
      ZoneId zone, String at, int days, String from, String to, int code, String... published)
      throws Exception {
    Files.writeString(directory.resolve("now"), seconds(zone, from) + "\n");
    Files.write(
        directory.resolve("published"),
        Stream.of(published)
            .map(run -> run.contains(" ") ? run : run + "  2    published  7")
            .toList());
    Files.deleteIfExists(directory.resolve("calls"));
    ProcessBuilder shell =
        new ProcessBuilder("bash", "-c", CLOCK + script(directory), "nightly", "now")
            .directory(directory.toFile())
            .redirectErrorStream(true);
    shell.environment().put("TZ", zone.getId());
    shell.environment().put("END", String.valueOf(seconds(zone, to)));
    shell.environment().put("CODE", String.valueOf(code));
    shell.environment().put("NIGHTLY_AT", at);
    shell.environment().put("NIGHTLY_DAYS", String.valueOf(days));
    shell.environment().put("NIGHTLY_WAIT", "2h");
    Process process = shell.start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(143);
    return Files.readAllLines(directory.resolve("calls"));
  }

  private static long seconds(ZoneId zone, String time) {
    return LocalDateTime.parse(time).atZone(zone).toEpochSecond();
  }

  @Test
  void runsOnceOnADayOf25Hours() throws Exception {
    assertThat(calls(BERLIN, "02:30", 1, "2026-10-25T01:50", "2026-10-26T02:40", 0))
        .containsExactly(
            "25 01:50 --date 2026-10-23 --wait 2h",
            "25 02:30 --date 2026-10-24 --wait 2h",
            "26 02:30 --date 2026-10-25 --wait 2h");
  }

  @Test
  void runsOnADayWithoutItsTime() throws Exception {
    assertThat(calls(BERLIN, "02:30", 1, "2026-03-29T01:20", "2026-03-30T02:40", 0))
        .containsExactly(
            "29 01:20 --date 2026-03-27 --wait 2h",
            "29 03:00 --date 2026-03-28 --wait 2h",
            "30 02:30 --date 2026-03-29 --wait 2h");
  }

  @Test
  void makesUpForNightsThatWereMissedAndLeavesWhatIsPublished() throws Exception {
    assertThat(calls(UTC, "01:30", 4, "2026-05-05T09:00", "2026-05-05T12:00", 0, "2026-05-02"))
        .containsExactly(
            "05 09:00 --date 2026-05-01",
            "05 09:00 --date 2026-05-03",
            "05 09:00 --date 2026-05-04 --wait 2h");
  }

  @Test
  void leavesWhatAPersonDecidesOrHasDecided() throws Exception {
    String[] runs = {"2026-05-02  2    held  7", "2026-05-03  1    discarded  7"};

    assertThat(calls(UTC, "01:30", 3, "2026-05-05T09:00", "2026-05-05T12:00", 5, runs))
        .containsExactly("05 09:00 --date 2026-05-04 --wait 2h");
  }

  @Test
  void isUnwellAndTriesEveryHourWhatFails() throws Exception {
    assertThat(calls(UTC, "01:30", 1, "2026-05-05T09:00", "2026-05-05T11:00", 1))
        .containsExactly(
            "05 09:00 --date 2026-05-04 --wait 2h", "05 10:00 --date 2026-05-04 --wait 2h unwell");
  }

  @Test
  void isWellWithoutInputWhichItLooksForTheNextNight() throws Exception {
    assertThat(calls(UTC, "01:30", 2, "2026-05-05T09:00", "2026-05-06T01:40", 4))
        .containsExactly(
            "05 09:00 --date 2026-05-03",
            "05 09:00 --date 2026-05-04 --wait 2h",
            "06 01:30 --date 2026-05-04",
            "06 01:30 --date 2026-05-05 --wait 2h");
  }

  @Test
  void refusesATimeThatIsNone() throws Exception {
    ProcessBuilder shell =
        new ProcessBuilder("bash", "-c", script(directory), "nightly", "/dev/null")
            .redirectErrorStream(true);
    shell.environment().put("NIGHTLY_AT", "1.30");

    Process process = shell.start();

    assertThat(new String(process.getInputStream().readAllBytes(), UTF_8))
        .isEqualTo("nightly: NIGHTLY_AT: '1.30' (expected: a time such as 01:30)\n");
    assertThat(process.waitFor()).isEqualTo(2);
  }
}
