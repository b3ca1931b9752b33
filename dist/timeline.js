/** Draws the timeline: one lane per worker, one bar per step; drag, buttons and keys zoom. */
;(() => {
  const UPPER = 1
  const LOWER = 2
  const TICKS = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600,
    900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800,
  ]
  const { timeline } = JSON.parse(document.getElementById('data').textContent)
  const section = document.getElementById('timeline')
  if (section === null || timeline.bars.length === 0) return
  section.hidden = false
  // A browser draws nothing on a canvas that is too high.
  const laneHeight = Math.min(24, 10000 / timeline.lanes.length)
  const labelled = [...timeline.lanes.keys()].filter(
    (lane) => lane % Math.ceil(12 / laneHeight) === 0,
  )
  const holder = section.querySelector('.chart')
  const tip = section.querySelector('.tip')

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  const legend = section.querySelector('.legend')
  const drawn = new Set(timeline.bars.map((bar) => bar[3]))
  timeline.groups.forEach((group, index) => {
    if (!drawn.has(index)) return
    const swatch = document.createElement('span')
    swatch.className = 'swatch'
    swatch.style.background = `var(--bar-${index})`
    const item = document.createElement('li')
    item.append(swatch, group)
    legend.append(item)
  })

  const byLane = timeline.lanes.map(() => [])
  for (const bar of timeline.bars) byLane[bar[0]].push(bar)

  const clock = (seconds) => {
    const whole = Math.floor(seconds)
    const two = (value) => String(value).padStart(2, '0')
    const rest =
      seconds - whole > 0.0005 ? (seconds - whole).toFixed(3).slice(1).replace(/0+$/, '') : ''
    const minutes = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}${rest}`
    return whole < 3600 ? minutes : `${Math.floor(whole / 3600)}:${minutes}`
  }

  const drawBars = (chart) => {
    const { ctx, bbox } = chart
    const height = (bbox.height / timeline.lanes.length) * 0.76
    const colours = timeline.groups.map((_, group) => colour(`--bar-${group}`))
    const { min, max } = chart.scales.x
    ctx.save()
    ctx.beginPath()
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
    ctx.clip()
    for (const [lane, from, duration, group, half] of timeline.bars) {
      if (from > max || from + duration < min) continue
      const left = chart.valToPos(from, 'x', true)
      const right = chart.valToPos(from + duration, 'x', true)
      const middle = chart.valToPos(lane + 0.5, 'y', true)
      ctx.fillStyle = colours[group]
      ctx.fillRect(
        left,
        half === LOWER ? middle + 0.5 : middle - height / 2,
        Math.max(right - left - 1, 1),
        half === 0 ? height : height / 2 - 0.5,
      )
    }
    ctx.restore()
  }

  const barAt = (chart, x, y) => {
    const height = chart.posToVal(y, 'y')
    const lane = byLane[Math.floor(height)] ?? []
    const other = height % 1 < 0.5 ? LOWER : UPPER
    const near = Math.abs(chart.posToVal(3, 'x') - chart.posToVal(0, 'x'))
    const at = chart.posToVal(x, 'x')
    return lane.find(
      ([, from, duration, , half]) =>
        half !== other && from - near <= at && at <= from + duration + near,
    )
  }

  const showBar = (chart) => {
    const { left, top } = chart.cursor
    const bar = left < 0 ? undefined : barAt(chart, left, top)
    if (bar === undefined) return
    const [lane, from, , , , what] = bar
    tip.textContent = `${timeline.lanes[lane]}, from ${clock(from)}: ${what}`
  }

  /** Which worker it is stays to be read. */
  const shorten = (name, shown) => {
    if (name.length <= shown) return name
    const [end = ''] = / · worker \d+$/.exec(name) ?? []
    return `${name.slice(0, Math.max(1, shown - 1 - end.length))}…${end}`
  }

  const options = (width) => {
    const gutter = width < 600 ? 100 : 190
    const shown = Math.floor(gutter / 7.5)
    const axis = {
      stroke: () => colour('--ink'),
      grid: { stroke: () => colour('--line'), width: 1 },
    }
    return {
      width,
      height: timeline.lanes.length * laneHeight + 40,
      padding: [8, 12, 0, 0],
      scales: { x: { time: false }, y: { range: () => [0, timeline.lanes.length], dir: -1 } },
      axes: [
        { ...axis, size: 32, space: 80, incrs: TICKS, values: (_, splits) => splits.map(clock) },
        {
          ...axis,
          size: gutter,
          splits: () => labelled.map((lane) => lane + 0.5),
          values: () => labelled.map((lane) => shorten(timeline.lanes[lane], shown)),
          grid: { show: false },
          ticks: { show: false },
        },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false } },
      hooks: { draw: [drawBars], setCursor: [showBar] },
    }
  }

  const data = [
    [0, timeline.seconds],
    [0, 0],
  ]
  const chart = new uPlot(options(holder.clientWidth), data, holder)

  const zoomTo = (min, max) => {
    const span = Math.min(max - min, timeline.seconds)
    const from = Math.min(Math.max(min, 0), timeline.seconds - span)
    chart.setScale('x', { min: from, max: from + span })
  }
  section.addEventListener('click', (event) => {
    const { zoom } = event.target.dataset
    const { min, max } = chart.scales.x
    const span = max - min
    if (zoom === 'in') zoomTo(min + span / 4, max - span / 4)
    if (zoom === 'out') zoomTo(min - span / 2, max + span / 2)
    if (zoom === 'left') zoomTo(min - span / 2, max - span / 2)
    if (zoom === 'right') zoomTo(min + span / 2, max + span / 2)
    if (zoom === 'all') zoomTo(0, timeline.seconds)
  })

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
