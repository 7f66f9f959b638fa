package io.tidemill.model.importing.archive;

/** Why an entry is refused; whoever knows its name and archive says so to the user. */
final class RefusedEntryException extends RuntimeException {
  RefusedEntryException(String reason) {
    super(reason);
  }
}
