package io.tidemill.connectors.files;

import io.tidemill.connectors.record.Origin;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.file.src.FileSourceSplit;
import org.apache.flink.connector.file.src.reader.BulkFormat;
import org.apache.flink.connector.file.src.util.RecordAndPosition;
import org.apache.flink.core.fs.Path;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalSerializers;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.jspecify.annotations.Nullable;

/**
 * A format of whole files whose rows have what the names of folders say, and an {@link Origin},
 * which is null where the format's reader knows neither where it {@linkplain StandsAt stands} nor
 * {@linkplain PlacesRecords where} a record is. They are made and copied where the file is read:
 * some formats decode a record only when it is asked for, by when they have read on behind one that
 * does not decode. Immutable.
 *
 * @param format of the columns that are in the files
 */
record OriginRows(BulkFormat<RowData, FileSourceSplit> format, FolderColumns columns)
    implements BulkFormat<RowData, FileSourceSplit> {
  private static final long serialVersionUID = 1L;

  @Override
  public BulkFormat.Reader<RowData> createReader(Configuration config, FileSourceSplit split)
      throws IOException {
    @Nullable Object[] ofFolders = columns.of(split.path());
    return copying(format.createReader(config, split), split.path(), ofFolders);
  }

  @Override
  public BulkFormat.Reader<RowData> restoreReader(Configuration config, FileSourceSplit split)
      throws IOException {
    @Nullable Object[] ofFolders = columns.of(split.path());
    return copying(format.restoreReader(config, split), split.path(), ofFolders);
  }

  private Copying copying(
      BulkFormat.Reader<RowData> reader, Path file, @Nullable Object[] ofFolders) {
    if (reader instanceof StandsAt place) {
      return new Counted(reader, place, file, columns, ofFolders);
    }
    return reader instanceof PlacesRecords places
        ? new Placed(reader, places, file, columns, ofFolders)
        : new Copying(reader, columns, ofFolders);
  }

  private static StringData text(Path file) {
    return FolderColumns.shared(StringData.fromString(file.toString()));
  }

  @Override
  public boolean isSplittable() {
    return format.isSplittable();
  }

  @Override
  public TypeInformation<RowData> getProducedType() {
    return InternalTypeInfo.of(Origin.appendTo(columns.values()));
  }

  private static class Copying implements BulkFormat.Reader<RowData> {
    private final BulkFormat.Reader<RowData> reader;
    private final FolderColumns columns;
    private final @Nullable Object[] ofFolders;
    private final RowData.FieldGetter[] fields;
    private final TypeSerializer<Object>[] serializers;
    private final PostponedFailure postponed = new PostponedFailure();

    @SuppressWarnings({"unchecked", "rawtypes"}) // There are no arrays of a generic type.
    Copying(
        BulkFormat.Reader<RowData> reader, FolderColumns columns, @Nullable Object[] ofFolders) {
      this.reader = reader;
      this.columns = columns;
      this.ofFolders = ofFolders;
      RowType values = columns.inFiles();
      fields = new RowData.FieldGetter[values.getFieldCount()];
      serializers = new TypeSerializer[fields.length];
      for (int i = 0; i < fields.length; i++) {
        fields[i] = RowData.createFieldGetter(values.getTypeAt(i).copy(true), i);
        serializers[i] = InternalSerializers.create(values.getTypeAt(i));
      }
    }

    @Override
    public BulkFormat.@Nullable RecordIterator<RowData> readBatch() throws IOException {
      postponed.throwIfAny();
      BulkFormat.RecordIterator<RowData> batch = reader.readBatch();
      if (batch == null) {
        return null;
      }
      List<RecordAndPosition<RowData>> rows = new ArrayList<>();
      try {
        for (var next = batch.next(); next != null; next = batch.next()) {
          rows.add(
              new RecordAndPosition<>(copy(next), next.getOffset(), next.getRecordSkipCount()));
        }
      } catch (RuntimeException e) {
        if (rows.isEmpty()) {
          throw e;
        }
        postponed.keep(e);
      } finally {
        batch.releaseBatch();
      }
      return new Copies(rows.iterator());
    }

    /** The row that is copied now. */
    FileRow row(RecordAndPosition<RowData> placed, @Nullable Object[] values) {
      return FileRow.ofNowhere(placed.getRecord().getRowKind(), values);
    }

    private FileRow copy(RecordAndPosition<RowData> placed) {
      RowData row = placed.getRecord();
      @Nullable Object[] values = new Object[fields.length + ofFolders.length];
      columns.fill(values, ofFolders);
      for (int i = 0; i < fields.length; i++) {
        Object value = fields[i].getFieldOrNull(row);
        values[columns.ofFile(i)] = value == null ? null : serializers[i].copy(value);
      }
      return row(placed, values);
    }

    @Override
    public final void close() throws IOException {
      reader.close();
    }
  }

  /** Whose reader tells where each record is. */
  private static final class Placed extends Copying {
    private final PlacesRecords places;
    private final StringData file;

    Placed(
        BulkFormat.Reader<RowData> rows,
        PlacesRecords places,
        Path file,
        FolderColumns columns,
        @Nullable Object[] ofFolders) {
      super(rows, columns, ofFolders);
      this.places = places;
      this.file = text(file);
    }

    @Override
    FileRow row(RecordAndPosition<RowData> placed, @Nullable Object[] values) {
      return FileRow.at(
          placed.getRecord().getRowKind(),
          values,
          file,
          places.offset(placed),
          places.number(placed));
    }
  }

  /** Whose reader counts its records. */
  private static final class Counted extends Copying implements StandsAt {
    private final StandsAt reader;
    private final StringData file;

    /** Behind all rows that were copied, and far behind it the reader may be. */
    private long next;

    Counted(
        BulkFormat.Reader<RowData> rows,
        StandsAt reader,
        Path file,
        FolderColumns columns,
        @Nullable Object[] ofFolders) {
      super(rows, columns, ofFolders);
      this.reader = reader;
      this.next = reader.offset();
      this.file = text(file);
    }

    @Override
    FileRow row(RecordAndPosition<RowData> placed, @Nullable Object[] values) {
      return FileRow.at(placed.getRecord().getRowKind(), values, file, next++, FileRow.NO_NUMBER);
    }

    @Override
    public long offset() {
      return next;
    }

    @Override
    public String place() {
      return next == reader.offset() ? reader.place() : "row " + next;
    }
  }

  private record Copies(Iterator<RecordAndPosition<RowData>> rows)
      implements BulkFormat.RecordIterator<RowData> {
    @Override
    public @Nullable RecordAndPosition<RowData> next() {
      return rows.hasNext() ? rows.next() : null;
    }

    @Override
    public void releaseBatch() {}
  }
}
