/** The table of tables: sorted by a click on a heading, searched while one types; only the rows in view are drawn. */
;(() => {
  const { tables } = JSON.parse(document.getElementById('data').textContent)
  const section = document.getElementById('live-tables')
  if (section === null || tables.length === 0) return
  section.hidden = false
  document.documentElement.classList.add('scripts')
  const status = section.querySelector('[role=status]')
  const search = section.querySelector('input[type=search]')
  const different = section.querySelector('input[type=checkbox]')
  const searched = new Map(
    tables.map((row) => [row, `${row.database} ${row.table}`.toLocaleLowerCase()]),
  )

  const count = (value) => (value === null ? 'not counted' : value.toLocaleString('en-US'))
  const figures = (title, field, text, width) => ({
    title,
    field,
    width,
    hozAlign: 'right',
    headerHozAlign: 'right',
    sorter: 'number',
    headerSortStartingDir: 'desc',
    formatter: (cell) => document.createTextNode(text(cell.getData())),
  })
  const name = (title, field, widths) => ({
    title,
    field,
    cssClass: 'name',
    formatter: 'plaintext',
    sorter: 'string',
    ...widths,
  })
  const validation = {
    title: 'Validation',
    field: 'validation',
    width: 180,
    formatter: (cell) => {
      if (cell.getValue() === 'different') cell.getElement().classList.add('different')
      return document.createTextNode(cell.getValue())
    },
  }

  const table = new Tabulator(section.querySelector('.grid'), {
    data: tables,
    height: Math.min(tables.length * 32 + 60, Math.max(320, innerHeight * 0.7)),
    layout: 'fitColumns',
    columns: [
      name('Database', 'database', { width: 130 }),
      name('Table', 'table', { minWidth: 200 }),
      figures('Source rows', 'source', (row) => count(row.source), 125),
      figures('Target rows', 'target', (row) => count(row.target), 125),
      figures('Size', 'bytes', (row) => row.size, 95),
      figures('Rate', 'rate', (row) => row.speed, 110),
      validation,
    ],
  })

  const say = (shown) => {
    status.textContent = `${shown.toLocaleString('en-US')} of ${tables.length.toLocaleString('en-US')}`
  }
  const filter = () => {
    const words = search.value.toLocaleLowerCase().split(/\s+/)
    table.setFilter((row) => {
      if (different.checked && row.validation !== 'different') return false
      const text = searched.get(row) ?? ''
      return words.every((word) => text.includes(word))
    })
  }
  search.addEventListener('input', filter)
  different.addEventListener('change', filter)
  table.on('dataFiltered', (_, rows) => say(rows.length))
  say(tables.length)
})()
