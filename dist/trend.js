/** Draws how long the runs took, and the forecast with its range. */
;(() => {
  const { history } = JSON.parse(document.getElementById('data').textContent)
  const section = document.getElementById('trend')
  if (section === null || history.runs.length < 2) return
  section.hidden = false
  section.querySelector('li.forecast').hidden = history.forecast === null
  const holder = section.querySelector('.plot')
  const tip = section.querySelector('.tip')
  const points = [...history.runs, ...(history.forecast === null ? [] : [history.forecast])]
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const isForecast = (index) => index === history.runs.length

  const duration = (seconds) => {
    if (seconds < 120) return `${Number(seconds.toFixed(1))} s`
    return seconds < 7200
      ? `${Number((seconds / 60).toFixed(1))} min`
      : `${Number((seconds / 3600).toFixed(1))} h`
  }

  const drawRange = (chart) => {
    if (history.forecast === null) return
    const { ctx } = chart
    const { at, low, high } = history.forecast
    const x = chart.valToPos(at, 'x', true)
    ctx.save()
    ctx.strokeStyle = colour('--forecast')
    ctx.lineWidth = 6
    ctx.globalAlpha = 0.45
    ctx.beginPath()
    ctx.moveTo(x, chart.valToPos(low, 'y', true))
    ctx.lineTo(x, chart.valToPos(high, 'y', true))
    ctx.stroke()
    ctx.restore()
  }

  const TICKS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800, 3600, 7200, 18000, 36000, 86400]
  const DAY = 86400
  /** Days; where they are less than a day apart times, the first of each day with the day below it. */
  const moments = (splits, step) => {
    const texts = splits.map((seconds) => new Date(seconds * 1000).toISOString())
    return texts.map((text, index) => {
      const day = text.slice(0, 10)
      if (step >= DAY) return day
      const time = text.slice(11, step < 60 ? 19 : 16)
      return texts[index - 1]?.startsWith(day) ? time : `${time}\n${day}`
    })
  }
  const axis = { stroke: () => colour('--ink'), grid: { stroke: () => colour('--line'), width: 1 } }
  const top = Math.max(...points.map((point) => point.high)) * 1.1
  const first = points[0].at
  const last = points[points.length - 1].at
  const margin = Math.max((last - first) * 0.04, 30)
  const series = (name, size) => ({
    stroke: () => colour(name),
    width: 2,
    points: { show: true, size, fill: () => colour(name) },
  })
  // The more points, the smaller, so that each is seen.
  const sizeFor = (width) => Math.min(8, Math.max(3, width / points.length))
  const options = (width) => ({
    width,
    height: 240,
    // Half of the last day stands behind the chart.
    padding: [null, 40, null, null],
    // In UTC, as every time of the report.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: { x: { range: () => [first - margin, last + margin] }, y: { range: () => [0, top] } },
    axes: [
      {
        ...axis,
        space: 110,
        values: (_, splits, axisIndex, space, step) => moments(splits, step),
      },
      { ...axis, size: 70, incrs: TICKS, values: (_, splits) => splits.map(duration) },
    ],
    series: [
      {},
      { ...series('--forecast', sizeFor(width)), dash: [6, 5] },
      series('--bar-1', sizeFor(width)),
    ],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    hooks: {
      draw: [drawRange],
      setCursor: [
        (chart) => {
          const { idx } = chart.cursor
          if (idx !== null && idx !== undefined) tip.textContent = points[idx].text
        },
      ],
    },
  })
  const newest = history.runs.length - 1
  const data = [
    points.map((point) => point.at),
    points.map((point, index) => (index >= newest ? point.seconds : null)),
    points.map((point, index) => (isForecast(index) ? null : point.seconds)),
  ]
  const chart = new uPlot(options(holder.clientWidth), data, holder)
  new ResizeObserver(() => {
    const width = holder.clientWidth
    if (width > 0 && width !== chart.width) chart.setSize({ width, height: chart.height })
  }).observe(holder)
  for (const medium of ['(prefers-color-scheme: dark)', 'print']) {
    matchMedia(medium).addEventListener('change', () => {
      chart.redraw(false, true)
    })
  }
})()
