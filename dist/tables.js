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
  // On a phone, what matters most stands in view, and each table's database below it.
  const narrow = innerWidth < 640

  /** Long names take several lines: where one is cut, it may be taken for another. */
  const name = (title, field, widths) => ({
    title,
    field,
    cssClass: 'name',
    formatter: 'plaintext',
    variableHeight: true,
    sorter: 'string',
    ...widths,
  })
  const tableAndDatabase = (cell) => {
    const { table, database } = cell.getData()
    const below = document.createElement('div')
    below.className = 'below'
    below.textContent = database
    const both = document.createElement('div')
    both.append(table, below)
    return both
  }
  const validation = {
    title: 'Validation',
    field: 'validation',
    cssClass: 'words',
    width: narrow ? 110 : 180,
    formatter: (cell) => {
      if (cell.getValue() === 'different') cell.getElement().classList.add('different')
      return document.createTextNode(cell.getValue())
    },
  }

  const database = name('Database', 'database', { width: 150 })
  const table = name('Table', 'table', { minWidth: 170 })
  const rows = [
    figures('Source rows', 'source', (row) => count(row.source), 125),
    figures('Target rows', 'target', (row) => count(row.target), 125),
  ]
  const size = figures('Size', 'bytes', (row) => row.size, 90)
  const rate = figures('Rate', 'rate', (row) => row.speed, 110)

  const grid = new Tabulator(section.querySelector('.grid'), {
    data: tables,
    // Few rows are all drawn; of many only those in view, which takes a height.
    ...(tables.length > 15 ? { height: Math.max(320, innerHeight * 0.7) } : {}),
    layout: 'fitColumns',
    columns: narrow
      ? [{ ...table, formatter: tableAndDatabase }, validation, size, ...rows, rate]
      : [database, table, ...rows, size, rate, validation],
  })

  const say = (shown) => {
    status.textContent = `${shown.toLocaleString('en-US')} of ${tables.length.toLocaleString('en-US')}`
  }
  const filter = () => {
    const words = search.value.toLocaleLowerCase().split(/\s+/)
    grid.setFilter((row) => {
      if (different.checked && row.validation !== 'different') return false
      const text = searched.get(row) ?? ''
      return words.every((word) => text.includes(word))
    })
  }
  search.addEventListener('input', filter)
  different.addEventListener('change', filter)
  grid.on('dataFiltered', (_, rows) => say(rows.length))
  say(tables.length)
})()
