package io.tidemill.pipelines.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A person who always gives the same answer, or nobody. */
record FakeTerminal(boolean present, String answer, List<String> questions) implements Terminal {
  FakeTerminal(boolean present, String answer) {
    this(present, answer, new ArrayList<>());
  }

  @Override
  public Optional<String> ask(String question) {
    questions.add(question);
    return Optional.of(answer);
  }
}
