package io.tidemill.inference.batch;

/** Something that keeps its place between records without being one, such as a watermark. */
public interface Mark {

  /** Whether {@code earlier}, at the same place, says nothing any more once this mark is known. */
  boolean supersedes(Mark earlier);
}
