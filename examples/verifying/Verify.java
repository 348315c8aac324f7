// Java 17, with its standard library. java Verify.java URL KEY.pem HEADERS BODY: the last two as `curl -D HEADERS -o BODY` writes them.
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public class Verify {
    static final String REQUIRED = "(\"@status\" \"content-type\" \"content-digest\" \"@method\";req \"@target-uri\";req)";

    /** Throws unless the response is the key's. The names of headers have no case. */
    static void verify(String method, String url, int status, Map<String, String> headers, byte[] body, String pem, String tag) throws GeneralSecurityException {
        String digest = "sha-256=:" + Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-256").digest(body)) + ":";
        if (!digest.equals(headers.get("content-digest"))) throw new GeneralSecurityException("the content is not that of its digest");

        String shape = "sig1=(" + Pattern.quote(REQUIRED) + ";created=(\\d+);keyid=\"[^\"]*\";tag=\"" + Pattern.quote(tag) + "\")";
        Matcher input = Pattern.compile(shape).matcher(headers.getOrDefault("signature-input", ""));
        if (!input.matches()) throw new GeneralSecurityException("not signed, or not for this");
        if (Math.abs(Instant.now().getEpochSecond() - Long.parseLong(input.group(2))) > 300) throw new GeneralSecurityException("too old");

        String base = "\"@status\": " + status + "\n\"content-type\": " + headers.get("content-type") + "\n\"content-digest\": " + digest
            + "\n\"@method\";req: " + method + "\n\"@target-uri\";req: " + url + "\n\"@signature-params\": " + input.group(1);
        Matcher encoded = Pattern.compile("sig1=:([A-Za-z0-9+/=]+):").matcher(headers.getOrDefault("signature", ""));
        if (!encoded.matches()) throw new GeneralSecurityException("no signature");

        byte[] spki = Base64.getDecoder().decode(pem.replaceAll("-----[^-]+-----|\\s", ""));
        PublicKey key = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(spki));
        // In HTTP, r and s stand one after the other.
        Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
        signature.initVerify(key);
        signature.update(base.getBytes(StandardCharsets.US_ASCII));
        if (!signature.verify(Base64.getDecoder().decode(encoded.group(1)))) throw new GeneralSecurityException("not authentic");
    }

    public static void main(String[] args) throws Exception {
        List<String> lines = Files.readAllLines(Path.of(args[2]), StandardCharsets.ISO_8859_1);
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String line : lines.subList(1, lines.size())) {
            int colon = line.indexOf(':');
            if (colon > 0) headers.put(line.substring(0, colon), line.substring(colon + 1).trim());
        }
        int status = Integer.parseInt(lines.get(0).split(" ")[1]);
        try {
            verify("GET", args[0], status, headers, Files.readAllBytes(Path.of(args[3])), Files.readString(Path.of(args[1])), "billing-api");
        } catch (GeneralSecurityException error) {
            System.err.println("refused: " + error.getMessage());
            System.exit(1);
        }
        System.out.println("authentic");
    }
}
