import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import software.amazon.event.ruler.Ruler;

/** Judges every event by every pattern, with the matcher that AWS published of EventBridge: a line for each pattern, a digit for each event. */
public class Judge {
    public static void main(String[] arguments) throws Exception {
        ObjectMapper json = new ObjectMapper();
        for (JsonNode asked : json.readTree(Files.readString(Path.of(arguments[0])))) {
            for (JsonNode pattern : asked.get("patterns")) {
                StringBuilder line = new StringBuilder();
                String rule = json.writeValueAsString(pattern);
                for (JsonNode event : asked.get("events")) {
                    line.append(Ruler.matchesRule(json.writeValueAsString(event), rule) ? '1' : '0');
                }
                System.out.println(line);
            }
        }
    }
}
