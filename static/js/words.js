// The words the scripts speak, written by the server in the page's language: {% spoken_words %} prints
//   <script type="application/json" id="spoken-words">{"late": "%(t)s late", "days": {"one": …, "other": "%(n)s days"}, …}</script>
// A word is a text, or one text for each plural category of the language (CLDR: zero, one, two, few, many, other).

const words = JSON.parse(document.getElementById("spoken-words")?.textContent ?? "{}");
const plural = new Intl.PluralRules(document.documentElement.lang || "ar");

/** The word `name` with each %(key)s replaced by its value; the value `n` chooses the plural form. */
export function say(name, values = {}) {
  const word = words[name] ?? "";
  let text = typeof word === "string" ? word : (word[plural.select(values.n)] ?? word.other);
  for (const [key, value] of Object.entries(values)) {
    text = text.replace(`%(${key})s`, typeof value === "number" ? value.toLocaleString("en") : value);
  }
  return text;
}
