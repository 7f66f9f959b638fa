package io.tidemill.pipelines.cli;

import java.io.Console;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The person in front of a command, if there is one. */
interface Terminal {
  /** Whether there is one. */
  boolean present();

  /** What the person answers to a question; empty if nothing. */
  Optional<String> ask(String question);

  /** The terminal of this process. */
  static Terminal ofProcess() {
    // Built for and run with JDK 17, where there is no console without a terminal.
    @SuppressWarnings("SystemConsoleNull")
    @Nullable Console console = System.console();
    return new Terminal() {
      @Override
      public boolean present() {
        return console != null;
      }

      @Override
      public Optional<String> ask(String question) {
        return console == null
            ? Optional.empty()
            : Optional.ofNullable(console.readLine("%s", question));
      }
    };
  }
}
