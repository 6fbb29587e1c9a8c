import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { piiScanner } from "../src/pii.ts";

const scanner = piiScanner();

/** What is found, as `rule text`. */
function found(text: string): readonly string[] {
  const { status, findings } = scanner.scan(text, { maxLength: 1_048_576 });
  expect(status).toBe("complete");
  return findings.map(({ rule, start, end }) => `${rule} ${text.slice(start, end)}`);
}

describe("finds", () => {
  test.for([
    ["a Visa card", "card 4111111111111111.", ["card 4111111111111111"]],
    ["in groups", "card 4111 1111 1111 1111, please", ["card 4111 1111 1111 1111"]],
    ["with hyphens", "5500-0000-0000-0004", ["card 5500-0000-0000-0004"]],
    ["before other digits", "4111 1111 1111 1111 123", ["card 4111 1111 1111 1111"]],
    ["American Express", "3782 822463 10005", ["card 3782 822463 10005"]],
    ["an IBAN", "to GB82WEST12345698765432 now", ["iban GB82WEST12345698765432"]],
    [
      "an IBAN in groups",
      "GB82 WEST 1234 5698 7654 32 is mine",
      ["iban GB82 WEST 1234 5698 7654 32"],
    ],
    ["an IBAN in lower case", "de89 3704 0044 0532 0130 00", ["iban de89 3704 0044 0532 0130 00"]],
    ["an address", "Mail ann.o'neil+x@mail.example.com!", ["email ann.o'neil+x@mail.example.com"]],
    ["an address beyond ASCII", "jürgen@bücher.example", ["email jürgen@bücher.example"]],
    ["an address with a scheme", "mailto:ann@example.com", ["email ann@example.com"]],
    ["an IPv4 address", "from 203.0.113.7:443 to", ["ip-address 203.0.113.7"]],
    ["an IPv6 address", "at 2001:db8::ff00:42:8329,", ["ip-address 2001:db8::ff00:42:8329"]],
    ["a number of North America", "call 212-555-0187", ["phone 212-555-0187"]],
    ["with brackets", "(212) 555-0187 ext. 12", ["phone (212) 555-0187 ext. 12"]],
    ["an international number", "+44 20 7946 0958", ["phone +44 20 7946 0958"]],
    ["the same with 00", "0044 20 7946 0958", ["phone 0044 20 7946 0958"]],
    ["a number behind a colon", "tel:+4930123456", ["phone +4930123456"]],
    ["a French number", "au 01.84.17.61.18.", ["phone 01.84.17.61.18"]],
    ["a short number that is named", "Phone: 467 3395", ["phone 467 3395"]],
    ["a number that is somebody's", "my number is 9472 7916", ["phone 9472 7916"]],
    ["us-ssn", "SSN 460-89-9847", ["us-ssn 460-89-9847"]],
    ["us-ssn without hyphens", "social security number: 460899847", ["us-ssn 460899847"]],
    ["uk-nhs", "NHS number 943 476 5919", ["uk-nhs 943 476 5919"]],
    ["uk-nino", "AB 12 34 56 C", ["uk-nino AB 12 34 56 C"]],
    ["de-tax-id", "Steuer-ID 86095742719", ["de-tax-id 86095742719"]],
    ["fr-nir", "2 55 08 14 168 025 38", ["fr-nir 2 55 08 14 168 025 38"]],
    ["es-dni", "DNI 12345678Z", ["es-dni 12345678Z"]],
    ["es-dni of a foreigner", "X1234567L", ["es-dni X1234567L"]],
    ["it-fiscal-code", "RSSMRA85T10A562S", ["it-fiscal-code RSSMRA85T10A562S"]],
    ["nl-bsn", "BSN 111222333", ["nl-bsn 111222333"]],
    ["pl-pesel", "PESEL: 44051401359", ["pl-pesel 44051401359"]],
    ["br-cpf", "111.444.777-35", ["br-cpf 111.444.777-35"]],
    ["br-cnpj", "11.222.333/0001-81", ["br-cnpj 11.222.333/0001-81"]],
    ["in-aadhaar", "2341 2341 2346", ["in-aadhaar 2341 2341 2346"]],
    ["ca-sin", "SIN 130-692-544", ["ca-sin 130-692-544"]],
    ["au-tfn", "TFN 123 456 782", ["au-tfn 123 456 782"]],
    ["se-personnummer", "811218-9876", ["se-personnummer 811218-9876"]],
    ["fi-hetu", "131052-308T", ["fi-hetu 131052-308T"]],
    ["ch-ahv", "756.9217.0769.85", ["ch-ahv 756.9217.0769.85"]],
    ["be-rijksregister", "85.07.30-033.28", ["be-rijksregister 85.07.30-033.28"]],
    ["sg-nric", "S1234567D", ["sg-nric S1234567D"]],
    ["cn-resident-id", "11010519491231002X", ["cn-resident-id 11010519491231002X"]],
    ["tr-identity", "TC kimlik no 10000000146", ["tr-identity 10000000146"]],
    ["mx-curp", "HEGG560427MVZRRL04", ["mx-curp HEGG560427MVZRRL04"]],
    [
      "us-driver-license",
      "driver's license number is F162823540116",
      ["us-driver-license F162823540116"],
    ],
    ["in percent encoding", "to=ann%40example.com", ["email ann%40example.com"]],
    [
      "with hidden characters",
      "4111\u200b1111\u200b1111\u200b1111",
      ["card 4111\u200b1111\u200b1111\u200b1111"],
    ],
    [
      "in full-width digits",
      "４１１１１１１１１１１１１１１１",
      ["card ４１１１１１１１１１１１１１１１"],
    ],
  ] as const)("%s", ([, text, expected]) => {
    expect(found(text)).toEqual(expected);
  });
});

describe("is not fooled by", () => {
  test.for([
    ["a wrong check digit of a card", "4111111111111112"],
    ["an issuer that there is not", "9111111111111119"],
    ["a card inside a longer number", "94111111111111111"],
    ["the same digit again and again", "0000 0000 0000 0000"],
    ["a wrong check of an IBAN", "GB82WEST12345698765433"],
    ["a country without IBANs", "US82WEST12345698765432"],
    ["an SSN of area 000, 666 or 900", "000-12-3456 666-12-3456 900-12-3456"],
    ["nine digits that nothing names", "order 460899847"],
    ["a wrong letter of a DNI", "12345678A"],
    ["a wrong check of a CPF", "111.444.777-36"],
    ["a wrong NHS number", "NHS number 9434765918"],
    ["a wrong personnummer", "811218-9875"],
    ["an address without a domain", "ann@localhost and @mention"],
    ["a file at twice the size", "logo@2x.png"],
    ["a clone of a repository", "git@github.com:acme/app.git"],
    ["a password in a URL", "https://ann:secret@example.com/"],
    ["a version", "version 1.2.3.4"],
    ["the machine itself", "127.0.0.1 and ::1"],
    ["parts over 255", "300.1.2.3"],
    ["a time", "at 12:34:56 sharp"],
    ["a date", "2003-08-28 and 28.08.2003 and 8/28/2003"],
    ["years", "1998-2004"],
    ["a price", "€ 1 234 567"],
    ["an address in C++", "std::string::npos"],
    ["prose", "The quick brown fox jumps over 13 lazy dogs in 2024."],
  ] as const)("%s", ([, text]) => {
    expect(found(text)).toEqual([]);
  });
});

test("leaves out rules by name, and refuses a name that there is not", () => {
  const text = "ann@example.com 203.0.113.7";
  const { findings } = piiScanner({ omit: ["ip-address"] }).scan(text, { maxLength: 100 });
  expect(findings.map(({ rule }) => rule)).toEqual(["email"]);
  expect(() => piiScanner({ omit: ["ip"] })).toThrow("no rule `ip`");
});

test("never throws, gives spans inside the text, and the same each time", () => {
  const part = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("+49 ", "4111 1111 ", "GB82", "@a.de", "1.2.3.", "::", "SSN ", "0123 456 "),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const text = parts.join("");
      const first = scanner.scan(text, { maxLength: 100_000 });
      for (const { start, end } of first.findings) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThan(start);
        expect(end).toBeLessThanOrEqual(text.length);
      }
      expect(scanner.scan(text, { maxLength: 100_000 })).toEqual(first);
    }),
  );
});
