// Ways to draw all points: WebGL 2; where there is none but a processor's imitation, small pictures or pixels one by one.
const view = { x: 0, y: 0, scale: 1, width: 1, height: 1, ratio: 1 };
const dotSize = () => {
  // Many points are small ones; they grow as one comes nearer.
  const base = Math.max(3, Math.min(9, 220 / Math.sqrt(count)));
  return base * Math.min(2.2, Math.max(1, Math.sqrt(view.scale / home.scale)));
};
const home = { x: 0, y: 0, scale: 1 };

// Faint points first, so that the stressed lie on top.
const order = new Uint32Array(count);
let drawn = 0;
function sortByStress() {
  drawn = 0;
  for (let level = 1; level <= 3; level++) {
    for (let i = 0; i < count; i++) if (stress[i] === level) order[drawn++] = i;
  }
}

const VERTEX = `#version 300 es
in vec2 place; in uint style; in uint stress;
uniform vec2 centre; uniform vec2 zoom; uniform float size; uniform highp sampler2D styles;
out vec4 colour; flat out int shape;
void main() {
  gl_Position = vec4((place - centre) * zoom, 0.0, 1.0);
  vec4 own = texelFetch(styles, ivec2(int(style), 0), 0);
  shape = int(own.a * 255.0 + 0.5);
  float alpha = stress == 1u ? 0.13 : stress == 3u ? 1.0 : 0.85;
  colour = vec4(own.rgb * alpha, alpha);
  gl_PointSize = size * (stress == 3u ? 1.35 : 1.0);
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
in vec4 colour; flat in int shape; out vec4 pixel;
void main() {
  vec2 p = abs(gl_PointCoord * 2.0 - 1.0);
  float out_ = shape == 0 ? length(p) - 1.0
    : shape == 1 ? max(p.x, p.y) - 0.86
    : shape == 2 ? max(p.x * 0.9 - gl_PointCoord.y, gl_PointCoord.y - 0.95)
    : shape == 3 ? p.x + p.y - 1.0
    : max(min(p.x, p.y) - 0.32, max(p.x, p.y) - 0.95);
  if (out_ > 0.0) discard;
  pixel = colour;
}`;

function webgl(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: true, premultipliedAlpha: true });
  if (!gl) return null;
  const program = gl.createProgram();
  for (const [kind, text] of [[gl.VERTEX_SHADER, VERTEX], [gl.FRAGMENT_SHADER, FRAGMENT]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return null;
  gl.useProgram(program);
  const at = (name) => gl.getUniformLocation(program, name);
  const uniforms = { centre: at("centre"), zoom: at("zoom"), size: at("size") };
  const buffers = {};
  const attribute = (name, size, kind, values, usage) => {
    buffers[name] = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, values, usage);
    const location = gl.getAttribLocation(program, name);
    gl.enableVertexAttribArray(location);
    if (kind === gl.FLOAT) gl.vertexAttribPointer(location, size, kind, false, 0, 0);
    else gl.vertexAttribIPointer(location, size, kind, 0, 0);
  };
  attribute("place", 2, gl.FLOAT, places, gl.STATIC_DRAW);
  attribute("style", 1, gl.UNSIGNED_BYTE, paint, gl.DYNAMIC_DRAW);
  attribute("stress", 1, gl.UNSIGNED_BYTE, stress, gl.DYNAMIC_DRAW);
  const index = gl.createBuffer();
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, index);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  return {
    name: "WebGL",
    canvas,
    restyle() {
      for (const [name, values] of [["style", paint], ["stress", stress]]) {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffers[name]);
        gl.bufferSubData(gl.ARRAY_BUFFER, 0, values);
      }
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order.subarray(0, drawn), gl.DYNAMIC_DRAW);
      const table = styles();
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, table.length, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, Uint8Array.from(table.flat()));
    },
    draw() {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(uniforms.centre, view.x, view.y);
      gl.uniform2f(uniforms.zoom, (2 * view.scale) / view.width, (2 * view.scale) / view.height);
      gl.uniform1f(uniforms.size, dotSize() * view.ratio);
      gl.drawElements(gl.POINTS, drawn, gl.UNSIGNED_INT, 0);
    },
  };
}

// Is the place p (each -1 to 1, y downwards) in the shape?
function inShape(shape, x, y) {
  const ax = Math.abs(x), ay = Math.abs(y), v = (y + 1) / 2;
  if (shape === 0) return x * x + y * y <= 1;
  if (shape === 1) return Math.max(ax, ay) <= 0.86;
  if (shape === 2) return ax * 0.9 <= v && v <= 0.95;
  if (shape === 3) return ax + ay <= 1;
  return Math.min(ax, ay) <= 0.32 && Math.max(ax, ay) <= 0.95;
}

// Few enough points to draw each as a small picture with smooth edges.
const SMOOTH = 6000;
function pictures(canvas) {
  const context = canvas.getContext("2d");
  let made = new Map();
  const FORMS = [
    (p, r) => p.arc(0, 0, r, 0, 2 * Math.PI),
    (p, r) => p.rect(-0.86 * r, -0.86 * r, 1.72 * r, 1.72 * r),
    (p, r) => [[0, -1], [1.05, 0.9], [-1.05, 0.9]].forEach(([x, y]) => p.lineTo(x * r, y * r)),
    (p, r) => [[0, -1], [1, 0], [0, 1], [-1, 0]].forEach(([x, y]) => p.lineTo(x * r, y * r)),
    (p, r) => {
      p.rect(-0.95 * r, -0.32 * r, 1.9 * r, 0.64 * r);
      p.rect(-0.32 * r, -0.95 * r, 0.64 * r, 1.9 * r);
    },
  ];
  function picture(style, level, size) {
    const key = `${style} ${level} ${size}`;
    if (!made.has(key)) {
      const [r, g, b, shape] = styles()[style];
      const dot = document.createElement("canvas");
      dot.width = dot.height = Math.ceil(size) + 4;
      const brush = dot.getContext("2d");
      brush.translate(dot.width / 2, dot.width / 2);
      brush.globalAlpha = [0, 0.13, 0.85, 1][level];
      brush.fillStyle = `rgb(${r},${g},${b})`;
      brush.beginPath();
      FORMS[shape](brush, (size / 2) * (level === 3 ? 1.35 : 1));
      brush.fill();
      made.set(key, dot);
    }
    return made.get(key);
  }
  return {
    name: "canvas",
    canvas,
    restyle() {
      made = new Map();
    },
    draw() {
      if (made.size > 2000) made = new Map();
      context.clearRect(0, 0, canvas.width, canvas.height);
      const size = Math.round(dotSize() * view.ratio * 2) / 2, zoom = view.scale * view.ratio;
      const left = canvas.width / 2 - view.x * zoom, top = canvas.height / 2 + view.y * zoom;
      for (let at = 0; at < drawn; at++) {
        const i = order[at], dot = picture(paint[i], stress[i], size), half = dot.width / 2;
        const x = left + places[2 * i] * zoom - half, y = top - places[2 * i + 1] * zoom - half;
        if (x > -dot.width && y > -dot.width && x < canvas.width && y < canvas.height) context.drawImage(dot, x, y);
      }
    },
  };
}

function pixels(canvas) {
  const context = canvas.getContext("2d");
  let image = null, screen = null;
  // Colours as the pixels of an image hold them: for each stress and style; faint ones are mixed with the ground beforehand.
  let inks = null;
  function mix() {
    const ground = theme === "dark" ? [21, 24, 27] : [255, 255, 255];
    const table = styles();
    inks = [null, 0.16, 0.9, 1].map((alpha) => alpha && Uint32Array.from(table, ([r, g, b]) => {
      const [mr, mg, mb] = [r, g, b].map((c, at) => Math.round(c * alpha + ground[at] * (1 - alpha)));
      return ((255 << 24) | (mb << 16) | (mg << 8) | mr) >>> 0;
    }));
    mix.shapes = Uint8Array.from(table, (own) => own[3]);
  }
  // Which pixels around its middle a shape covers.
  function covers(size) {
    const half = Math.max(1, size / 2), reach = Math.ceil(half);
    return SHAPES.map((_, shape) => {
      const offsets = [];
      for (let y = -reach; y <= reach; y++) {
        for (let x = -reach; x <= reach; x++) if (inShape(shape, x / half, y / half)) offsets.push(y * image.width + x);
      }
      return Int32Array.from(offsets);
    });
  }
  return {
    name: "canvas",
    canvas,
    restyle: mix,
    draw() {
      if (!image || image.width !== canvas.width || image.height !== canvas.height) {
        image = context.createImageData(canvas.width, canvas.height);
        screen = new Uint32Array(image.data.buffer);
      }
      screen.fill(0);
      const plain = covers(dotSize() * view.ratio), stressed = covers(dotSize() * view.ratio * 1.35);
      const margin = Math.ceil(dotSize() * view.ratio);
      const zoom = view.scale * view.ratio, width = image.width;
      const left = width / 2 - view.x * zoom, top = image.height / 2 + view.y * zoom;
      for (let at = 0; at < drawn; at++) {
        const i = order[at];
        const x = (left + places[2 * i] * zoom) | 0, y = (top - places[2 * i + 1] * zoom) | 0;
        if (x < margin || y < margin || x >= width - margin || y >= image.height - margin) continue;
        const ink = inks[stress[i]][paint[i]];
        const cover = (stress[i] === 3 ? stressed : plain)[mix.shapes[paint[i]]];
        const middle = y * width + x;
        for (let o = 0; o < cover.length; o++) screen[middle + cover[o]] = ink;
      }
      context.putImageData(image, 0, 0);
    },
  };
}

// #draw=webgl and #draw=canvas in the page's address force one of the two.
function imitated() {
  const gl = document.createElement("canvas").getContext("webgl2");
  if (!gl) return true;
  const about = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = String(gl.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software|basic render/i.test(renderer);
}
const wanted = /draw=(webgl|canvas)/.exec(location.hash)?.[1] ?? (imitated() ? "canvas" : "webgl");
const painted = () => (count <= SMOOTH ? pictures : pixels)($("points"));
const renderer = (wanted === "webgl" && webgl($("points"))) || painted();
