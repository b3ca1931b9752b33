/** Names a language that the chart's library can write numbers in, where the browser names none: "en-US@posix". */
;(() => {
  try {
    new Intl.NumberFormat(navigator.language)
  } catch {
    Object.defineProperty(navigator, 'language', { value: 'en-US' })
  }
})()
