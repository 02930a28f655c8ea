import { type Theme, theme } from "../look/theme";
import { type Language, language, speak, t } from "../text";

/** Language and theme. */
export function Choices() {
  return (
    <>
      <label class="field">
        {t().language}
        <select value={language.value} onChange={(event) => speak(event.currentTarget.value as Language)}>
          <option value="en" lang="en">
            English
          </option>
          <option value="ru" lang="ru">
            Русский
          </option>
        </select>
      </label>
      <label class="field">
        {t().theme.label}
        <select
          value={theme.value}
          onChange={(event) => {
            theme.value = event.currentTarget.value as Theme;
          }}
        >
          <option value="auto">{t().theme.auto}</option>
          <option value="light">{t().theme.light}</option>
          <option value="dark">{t().theme.dark}</option>
        </select>
      </label>
    </>
  );
}
