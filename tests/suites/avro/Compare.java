import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.Collectors;
import org.apache.avro.NameValidator;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;

/**
 * Reads pairs of schemas, "reader TAB writer" a line, and answers a line for each:
 * "fault of reader TAB fault of writer TAB verdict TAB reader as Java writes it TAB reader's parsing form".
 * A fault is empty for a valid schema; a verdict is "kind@location" for each incompatibility, or THROWS.
 * A third column is a value of the writer in hexadecimal digits; a sixth one answers with what the reader
 * makes of it, written with the reader's schema, or with "!" and why that failed.
 */
public class Compare {
  private static String fault = "";

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8), 1 << 16);
    BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, StandardCharsets.UTF_8), 1 << 16);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] columns = line.split("\t", -1);
      Schema reader = parse(columns[0]);
      String readerFault = fault;
      Schema writer = parse(columns[1]);
      out.write(readerFault + "\t" + fault + "\t");
      out.write(reader == null || writer == null ? "" : verdict(reader, writer));
      out.write("\t" + (reader == null ? "" : reader.toString()));
      out.write("\t" + (reader == null ? "" : SchemaNormalization.toParsingForm(reader)));
      if (columns.length > 2) {
        out.write("\t" + (reader == null || writer == null ? "!" : resolve(reader, writer, columns[2])));
      }
      out.write('\n');
      // The caller waits for the whole batch.
      if (!in.ready()) {
        out.flush();
      }
    }
    out.flush();
  }

  private static Schema parse(String json) {
    try {
      fault = "";
      // Validates names by the specification, as Confluent's registry does for new schemas.
      return new Schema.Parser(NameValidator.STRICT_VALIDATOR).parse(json);
    } catch (RuntimeException | StackOverflowError e) {
      fault = (e.getClass().getSimpleName() + ": " + e.getMessage()).replaceAll("\\s+", " ");
      return null;
    }
  }

  private static String verdict(Schema reader, Schema writer) {
    try {
      return SchemaCompatibility.checkReaderWriterCompatibility(reader, writer).getResult().getIncompatibilities().stream()
          .map(found -> found.getType() + "@" + found.getLocation())
          .collect(Collectors.joining(" "));
    } catch (RuntimeException e) {
      return "THROWS";
    }
  }

  private static String resolve(Schema reader, Schema writer, String value) {
    try {
      byte[] bytes = HexFormat.of().parseHex(value);
      Object read = new GenericDatumReader<>(writer, reader).read(null, DecoderFactory.get().binaryDecoder(bytes, null));
      ByteArrayOutputStream written = new ByteArrayOutputStream();
      BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(written, null);
      new GenericDatumWriter<>(reader).write(read, encoder);
      encoder.flush();
      return HexFormat.of().formatHex(written.toByteArray());
    } catch (IOException | RuntimeException | StackOverflowError e) {
      return "!" + (e.getClass().getSimpleName() + ": " + e.getMessage()).replaceAll("\\s+", " ");
    }
  }
}
