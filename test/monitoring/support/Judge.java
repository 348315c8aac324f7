import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import software.amazon.event.ruler.Machine;
import software.amazon.event.ruler.MachineComplexityEvaluator;

/**
 * Judges every event by every pattern, with the matcher that AWS published of EventBridge: a line for each pattern, a digit for each event. Refuses a pattern that EventBridge would:
 * one whose wildcards come to more than 10 by the matcher's own measure.
 */
public class Judge {
    private static final int WILDCARD_COMPLEXITY = 10;

    public static void main(String[] arguments) throws Exception {
        ObjectMapper json = new ObjectMapper();
        for (JsonNode asked : json.readTree(Files.readString(Path.of(arguments[0])))) {
            Machine machine = new Machine();
            List<StringBuilder> lines = new ArrayList<>();
            for (JsonNode pattern : asked.get("patterns")) {
                String text = json.writeValueAsString(pattern);
                machine.addRule(String.valueOf(lines.size()), text);
                if (text.contains("wildcard")) refuseComplex(text);
                lines.add(new StringBuilder());
            }
            for (JsonNode event : asked.get("events")) {
                Set<String> matching = new HashSet<>(machine.rulesForJSONEvent(json.writeValueAsString(event)));
                for (int rule = 0; rule < lines.size(); rule++) lines.get(rule).append(matching.contains(String.valueOf(rule)) ? '1' : '0');
            }
            for (StringBuilder line : lines) System.out.println(line);
        }
    }

    private static void refuseComplex(String pattern) throws Exception {
        Machine alone = new Machine();
        alone.addRule("rule", pattern);
        if (alone.evaluateComplexity(new MachineComplexityEvaluator(WILDCARD_COMPLEXITY + 1)) > WILDCARD_COMPLEXITY) throw new IllegalArgumentException("Rule is too complex: " + pattern);
    }
}
