// Global filter y = irfft(rfft(x)·w) along the middle axis of (batch, n, channels), float32.
//
// The data stay where they are. A CPU vector holds VL neighbouring channels of one time step, so an
// FFT "down the columns" needs no transposition and no shuffle: every lane is its own signal.
// Two vectors, channels d..d+VL and d+VL..d+2·VL, are the real and the imaginary part of one complex
// column z; one complex transform serves two real signals.
//
// One column of m rows is copied to a workspace (in L2) and transformed there in three sweeps:
//   in      rows j, j+n2, j+2·n2, …: the first two butterfly stages        (for every j < n2, in L1)
//   middle  blocks k and -k of n2 rows: the other stages, filter, inverses  (for every k ≥ 0, in L1)
//   out     rows j, j+n2, j+2·n2, …: the inverses of the first two stages
// Frequencies come out of the forward transform in digit-reversed order and are filtered there.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

// Channels in a vector. With AVX-512 it is half a register: the workspace is half as large, few channels
// waste fewer lanes, and memory is what the work waits for anyway.
#ifndef VL
#ifdef __AVX__
#define VL 8
#else
#define VL 4
#endif
#endif

typedef float V  __attribute__((vector_size(4*VL), may_alias));
typedef float VU __attribute__((vector_size(4*VL), may_alias, aligned(4)));     // at any address
typedef int64_t Int;

static inline V    load(const float* p)     { return *(const VU*)p; }
static inline void store(float* p, V v)     { *(VU*)p = v; }
// The first c of VL numbers; c may be negative or too large.
static inline V load(const float* p, int c) {
    if (c <= 0) return V{};
    if (c >= VL) return load(p);
    float t[VL] = {};
    memcpy(t, p, 4*c);
    return load(t);
}
static inline void store(float* p, V v, int c) {
    if (c <= 0) return;
    if (c >= VL) return store(p, v);
    float t[VL];
    store(t, v);
    memcpy(p, t, 4*c);
}
// Announce the bytes at p to the cache, a line of 64 at a time.
template<bool write = false> static inline void coming(const void* p, int bytes) {
    for (int i = 0; i < bytes; i += 64) __builtin_prefetch((const char*)p+i, write);
}

struct Row { V re, im; };         // one row of a complex column: 2·VL real channels
static inline Row operator+(Row a, Row b) { return {a.re+b.re, a.im+b.im}; }
static inline Row operator-(Row a, Row b) { return {a.re-b.re, a.im-b.im}; }
static inline Row operator*(Row a, float s) { return {a.re*s, a.im*s}; }
static inline Row turn(Row a) { return {a.im, -a.re}; }                       // -i·a
static inline Row times(Row a, const float* t)  { return {a.re*t[0]-a.im*t[1], a.im*t[0]+a.re*t[1]}; }
static inline Row times_conj(Row a, const float* t) { return {a.re*t[0]+a.im*t[1], a.im*t[0]-a.re*t[1]}; }

// ---- Small transforms in registers: z[k] ← Σ_j z[j] e^{-2πi jk/R} ------------------------------

static inline void dft(Row (&)[1]) {}
static inline void dft(Row (&z)[2]) { Row a = z[0]; z[0] = a+z[1]; z[1] = a-z[1]; }
static inline void dft(Row (&z)[3]) {
    Row s = z[1]+z[2], d = turn(z[1]-z[2])*0.866025403784438647f, m = z[0]-s*0.5f;
    z[0] = z[0]+s; z[1] = m+d; z[2] = m-d;
}
static inline void dft(Row (&z)[4]) {
    Row a = z[0]+z[2], b = z[0]-z[2], c = z[1]+z[3], d = turn(z[1]-z[3]);
    z[0] = a+c; z[1] = b+d; z[2] = a-c; z[3] = b-d;
}
static inline void dft(Row (&z)[5]) {
    const float c1 = 0.309016994374947424f, c2 = -0.809016994374947424f;      // cos 2π/5, cos 4π/5
    const float s1 = 0.951056516295153572f, s2 =  0.587785252292473129f;      // sin 2π/5, sin 4π/5
    Row a = z[1]+z[4], b = z[2]+z[3], c = turn(z[1]-z[4]), d = turn(z[2]-z[3]);
    Row p = z[0]+a*c1+b*c2, q = z[0]+a*c2+b*c1, r = c*s1+d*s2, s = c*s2-d*s1;
    z[0] = z[0]+a+b; z[1] = p+r; z[4] = p-r; z[2] = q+s; z[3] = q-s;
}
static inline void dft(Row (&z)[8]) {
    const float h = 0.707106781186547524f;
    Row e[4] = {z[0]+z[4], z[1]+z[5], z[2]+z[6], z[3]+z[7]};
    Row a = z[1]-z[5], b = z[3]-z[7];
    Row o[4] = {z[0]-z[4], (a+turn(a))*h, turn(z[2]-z[6]), (turn(b)-b)*h};
    dft(e); dft(o);
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) { z[2*k] = e[k]; z[2*k+1] = o[k]; }
}
// The inverse (unscaled) is the forward transform with real and imaginary parts exchanged.
template<int R> static inline void idft(Row (&z)[R]) {
    Row s[R];
#pragma GCC unroll 8
    for (int j = 0; j < R; j++) s[j] = {z[j].im, z[j].re};
    dft(s);
#pragma GCC unroll 8
    for (int j = 0; j < R; j++) z[j] = {s[j].im, s[j].re};
}

// A butterfly fetches R rows, transforms them and puts them back: forward turns by the twiddle
// factors t after the transform (decimation in frequency), inverse before it, by their conjugates.
template<int R, class Get, class Put> static inline void butterfly(const float* t, Get get, Put put) {
    Row z[R];
#pragma GCC unroll 8
    for (int j = 0; j < R; j++) z[j] = get(j);
    dft(z);
    put(0, z[0]);
#pragma GCC unroll 8
    for (int j = 1; j < R; j++) put(j, t ? times(z[j], t+2*(j-1)) : z[j]);
}
template<int R, class Get, class Put> static inline void unbutterfly(const float* t, Get get, Put put) {
    Row z[R];
    z[0] = get(0);
#pragma GCC unroll 8
    for (int j = 1; j < R; j++) z[j] = t ? times_conj(get(j), t+2*(j-1)) : get(j);
    idft(z);
#pragma GCC unroll 8
    for (int j = 0; j < R; j++) put(j, z[j]);
}
// Turn a radix known at run time into one known to the compiler.
template<class F> static inline void with_radix(int r, F f) {
    switch (r) {
        case 1: f(std::integral_constant<int, 1>()); break;
        case 2: f(std::integral_constant<int, 2>()); break;
        case 3: f(std::integral_constant<int, 3>()); break;
        case 4: f(std::integral_constant<int, 4>()); break;
        case 5: f(std::integral_constant<int, 5>()); break;
        case 8: f(std::integral_constant<int, 8>()); break;
    }
}

// ---- Plan: radices, twiddle factors, positions -----------------------------------------------

struct Pair  { int k, a, c; };          // frequency k lies in row a of the workspace, m-k in row c
struct Group { int p, q, first, last; };// blocks p and q hold each other's mirror frequencies
struct Stage { int radix; std::vector<float> t; };

static std::vector<int> radices(int m) {                // empty if m has a prime factor above 5
    std::vector<int> r;
    int twos = 0;
    for (; m%2 == 0; m /= 2) twos++;
    for (; m%5 == 0; m /= 5) r.push_back(5);
    for (; m%3 == 0; m /= 3) r.push_back(3);
    if (m > 1) return {};
    if (twos == 1) r.push_back(2);
    else for (; twos > 0;) { int e = twos%3 ? 2 : 3; r.push_back(1 << e); twos -= e; }
    std::sort(r.rbegin(), r.rend());
    while (r.size() < 2) r.push_back(1);
    std::sort(r.begin()+2, r.end());                    // largest last: the last stage needs no twiddles
    return r;
}

// Factors e^{-2πi s·q/n}, q = 1..radix-1: what decimation leaves on residue s of a length-n transform.
static void twiddles(std::vector<float>& t, int n, int s, int radix) {
    for (int q = 1; q < radix; q++) {
        double a = -2*M_PI*((Int)s*q % n)/n;
        t.push_back(cos(a)); t.push_back(sin(a));
    }
}

struct Plan {
    int m, F, r1, r2, n2, stride;       // m = r1·r2·n2; a block of n2 rows every `stride` rows
    std::vector<float> t1, t2;          // factors of the two outer stages in the order of their use
    std::vector<Stage> inner;           // the stages within a block
    std::vector<Pair> pairs;            // the F = m/2+1 frequencies in the order of their processing
    std::vector<Group> groups;
    std::vector<int> where;             // frequency → position in `pairs`

    Plan(int m, const std::vector<int>& r) : m(m), F(m/2+1), r1(r[0]), r2(r[1]), n2(m/r1/r2) {
        stride = n2+1;                  // rows n2·2·VL·4 bytes apart would all fall into one cache set
        for (int j = 0; j < n2; j++) {
            for (int i = 0; i < r2; i++) twiddles(t1, m, j+n2*i, r1);
            twiddles(t2, m/r1, j, r2);
        }
        for (size_t s = 2, n = n2; s < r.size(); n /= r[s], s++) {
            inner.push_back({r[s], {}});
            for (size_t i = 0; i < n/r[s]; i++) twiddles(inner.back().t, n, i, r[s]);
        }
        for (int k = 0; k < F; k++) pairs.push_back({k, row(k, r), row((m-k)%m, r)});
        auto blocks = [&](const Pair& p) {
            return std::make_pair(std::min(p.a/stride, p.c/stride), std::max(p.a/stride, p.c/stride)); };
        std::stable_sort(pairs.begin(), pairs.end(),
                         [&](const Pair& x, const Pair& y) { return blocks(x) < blocks(y); });
        for (int i = 0; i < F; i++) {
            auto b = blocks(pairs[i]);
            if (!i || b != blocks(pairs[i-1])) groups.push_back({b.first*stride, b.second*stride, i, i});
            groups.back().last = i+1;
        }
        where.resize(F);
        for (int i = 0; i < F; i++) where[pairs[i].k] = i;
    }
    int row(int k, const std::vector<int>& r) const {   // digit reversal
        int pos = 0, n = m;
        for (int q : r) { n /= q; pos += k%q*n; k /= q; }
        return pos/n2*stride + pos%n2;
    }
    int rows() const { return r1*r2*stride; }
};

static const Plan* plan(int m) {
    static std::map<int, std::unique_ptr<Plan>> plans;
    static std::mutex lock;
    std::lock_guard<std::mutex> hold(lock);
    auto& p = plans[m];
    if (!p && m > 0) { auto r = radices(m); if (!r.empty()) p.reset(new Plan(m, r)); }
    return p.get();
}

// ---- Sweep in and sweep out ----------------------------------------------------------------

struct Column {                          // rows of 2·VL channels in memory; c of them exist
    float* p; Int step; int rows, c;
};

// The rows of a column lie D floats apart, where no hardware prefetcher follows: announce them.
static const int AHEAD = 32;

static void fetch(const Plan& P, const Column& x, Row* z) {
    const float* q = x.p;
    for (int i = 0, r = 0; i < P.r1*P.r2; i++)
        for (int j = 0; j < P.n2; j++, r++, q += x.step) {
            Row& v = z[i*P.stride+j];
            if (r >= x.rows) { v = {V{}, V{}}; continue; }
            coming(q+AHEAD*x.step, sizeof(Row));
            if (x.c == 2*VL) v = {load(q), load(q+VL)};
            else             v = {load(q, x.c), load(q+VL, x.c-VL)};
        }
}
static void deliver(const Plan& P, const Row* z, const Column& y) {
    float* q = y.p;
    for (int i = 0, r = 0; r < y.rows; i++)
        for (int j = 0; j < P.n2 && r < y.rows; j++, r++, q += y.step) {
            const Row& v = z[i*P.stride+j];
            coming<true>(q+AHEAD*y.step, sizeof(Row));
            if (y.c == 2*VL) { store(q, v.re);      store(q+VL, v.im); }
            else             { store(q, v.re, y.c); store(q+VL, v.im, y.c-VL); }
        }
}

template<int R> static void in_first(const Plan& P, const Row* z, Row* buf, int j) {
    const float* t = P.t1.data() + (Int)j*P.r2*2*(R-1);
    for (int i = 0; i < P.r2; i++, t += 2*(R-1))
        butterfly<R>(t, [&](int q) { return z[(i+P.r2*q)*P.stride+j]; },
                        [&](int q, Row v) { buf[q*P.r2+i] = v; });
}
template<int R> static void in_second(const Plan& P, const Row* buf, Row* z, int j) {
    const float* t = P.t2.data() + (Int)j*2*(R-1);
    for (int q = 0; q < P.r1; q++)
        butterfly<R>(t, [&](int p) { return buf[q*R+p]; },
                        [&](int p, Row v) { z[(q*R+p)*P.stride+j] = v; });
}
static void sweep_in(const Plan& P, Row* z) {
    alignas(64) Row buf[64];
    for (int j = 0; j < P.n2; j++) {
        with_radix(P.r1, [&](auto R) { in_first<R()>(P, z, buf, j); });
        with_radix(P.r2, [&](auto R) { in_second<R()>(P, buf, z, j); });
    }
}

template<int R> static void out_second(const Plan& P, const Row* z, Row* buf, int j) {
    const float* t = P.t2.data() + (Int)j*2*(R-1);
    for (int q = 0; q < P.r1; q++)
        unbutterfly<R>(t, [&](int p) { return z[(q*R+p)*P.stride+j]; },
                          [&](int p, Row v) { buf[q*R+p] = v; });
}
template<int R> static void out_first(const Plan& P, const Row* buf, Row* z, int j) {
    const float* t = P.t1.data() + (Int)j*P.r2*2*(R-1);
    for (int i = 0; i < P.r2; i++, t += 2*(R-1))
        unbutterfly<R>(t, [&](int q) { return buf[q*P.r2+i]; },
                          [&](int q, Row v) { z[(i+P.r2*q)*P.stride+j] = v; });
}
static void sweep_out(const Plan& P, Row* z) {
    alignas(64) Row buf[64];
    for (int j = 0; j < P.n2; j++) {
        with_radix(P.r2, [&](auto R) { out_second<R()>(P, z, buf, j); });
        with_radix(P.r1, [&](auto R) { out_first<R()>(P, buf, z, j); });
    }
}

// ---- Middle: the stages within a block -------------------------------------------------------

template<int R> static void stage(Row* z, int n, const float* t) {
    int s = n/R;
    for (int i = 0; i < s; i++, t += 2*(R-1))
        butterfly<R>(t, [&](int q) { return z[q*s+i]; }, [&](int q, Row v) { z[q*s+i] = v; });
}
template<int R> static void unstage(Row* z, int n, const float* t) {
    int s = n/R;
    for (int i = 0; i < s; i++, t += 2*(R-1))
        unbutterfly<R>(t, [&](int q) { return z[q*s+i]; }, [&](int q, Row v) { z[q*s+i] = v; });
}
template<int R> static void last(Row* z, int n) {
    for (Row* e = z+n; z < e; z += R)
        butterfly<R>(nullptr, [&](int q) { return z[q]; }, [&](int q, Row v) { z[q] = v; });
}
template<int R> static void unlast(Row* z, int n) {
    for (Row* e = z+n; z < e; z += R)
        unbutterfly<R>(nullptr, [&](int q) { return z[q]; }, [&](int q, Row v) { z[q] = v; });
}
// Stages s, s+1, … of n rows, depth first: what fits in the cache is finished before the rest begins.
// The last stage has no twiddle factors and runs through all its butterflies in one call.
static void block(const Plan& P, Row* z, int n, size_t s) {
    if (s+1 >= P.inner.size()) {
        if (s < P.inner.size()) with_radix(P.inner[s].radix, [&](auto R) { last<R()>(z, n); });
        return;
    }
    const Stage& g = P.inner[s];
    with_radix(g.radix, [&](auto R) { stage<R()>(z, n, g.t.data()); });
    if (s+2 == P.inner.size()) return block(P, z, n, s+1);
    for (int q = 0; q < g.radix; q++) block(P, z+q*(n/g.radix), n/g.radix, s+1);
}
static void unblock(const Plan& P, Row* z, int n, size_t s) {
    if (s+1 >= P.inner.size()) {
        if (s < P.inner.size()) with_radix(P.inner[s].radix, [&](auto R) { unlast<R()>(z, n); });
        return;
    }
    const Stage& g = P.inner[s];
    if (s+2 == P.inner.size()) unblock(P, z, n, s+1);
    else for (int q = 0; q < g.radix; q++) unblock(P, z+q*(n/g.radix), n/g.radix, s+1);
    with_radix(g.radix, [&](auto R) { unstage<R()>(z, n, g.t.data()); });
}

// ---- Middle: unpack, filter, repack ----------------------------------------------------------
// With z = a + i·b:  A = Z_k + conj Z_{m-k} (twice the spectrum of a),  B = (Z_k - conj Z_{m-k})/i.

struct Two { Row a, b; };               // a complex number for each of the 2·VL channels

static inline Two unpack(Row z, Row m) { return {{z.re+m.re, z.im-m.im}, {z.im+m.im, m.re-z.re}}; }
static inline void repack(Two y, Row& z, Row& m) {
    z = {y.a.re-y.b.im, y.a.im+y.b.re};
    m = {y.a.re+y.b.im, y.b.re-y.a.im};
}
static inline Row mul(Row x, Row w)      { return {x.re*w.re-x.im*w.im, x.re*w.im+x.im*w.re}; }
static inline Row mul_conj(Row x, Row w) { return {x.re*w.re+x.im*w.im, x.im*w.re-x.re*w.im}; }

enum Mode { FILTER, FILTER_AND_SAVE, SPECTRUM, BACKWARD };

template<Mode mode> static void filter(const Plan& P, Row* z, const Group& g, const Two* w, Two* s, Two* gw) {
    for (int i = g.first; i < g.last; i++) {
        Row &za = z[P.pairs[i].a], &zc = z[P.pairs[i].c];
        Two x = unpack(za, zc);
        if (mode == FILTER_AND_SAVE || mode == SPECTRUM) s[i] = {x.a*0.5f, x.b*0.5f};
        if (mode == SPECTRUM) continue;
        if (mode == BACKWARD) {
            gw[i].a = gw[i].a + mul_conj(x.a, s[i].a);
            gw[i].b = gw[i].b + mul_conj(x.b, s[i].b);
            repack({mul_conj(x.a, w[i].a), mul_conj(x.b, w[i].b)}, za, zc);
        }
        else repack({mul(x.a, w[i].a), mul(x.b, w[i].b)}, za, zc);
    }
}
template<Mode mode> static void column(const Plan& P, const Column& x, const Column& y, Row* z,
                                       const Two* w, Two* s, Two* gw) {
    fetch(P, x, z);
    sweep_in(P, z);
    for (const Group& g : P.groups) {
        if (mode == FILTER_AND_SAVE) coming<true>(s+g.first, (g.last-g.first)*sizeof(Two));
        if (mode == BACKWARD) coming(s+g.first, (g.last-g.first)*sizeof(Two));
        block(P, z+g.p, P.n2, 0);
        if (g.q != g.p) block(P, z+g.q, P.n2, 0);
        filter<mode>(P, z, g, w, s, gw);
        if (mode == SPECTRUM) continue;
        unblock(P, z+g.p, P.n2, 0);
        if (g.q != g.p) unblock(P, z+g.q, P.n2, 0);
    }
    if (mode == SPECTRUM) return;
    sweep_out(P, z);
    deliver(P, z, y);
}

// ---- Weights: (channels, F) interleaved complex in memory, a Two for each frequency here --------

// Exchange the lower left and upper right S×S quarters of every 2S×2S square, for S = 1, 2, 4, …
template<int S, int... I> static inline void swap_quarters(V (&v)[VL], std::integer_sequence<int, I...>) {
#pragma GCC unroll 16
    for (int i = 0; i < VL; i++) if (!(i & S)) {
        V a = v[i], b = v[i+S];
        v[i]   = __builtin_shufflevector(a, b, (I & S ? VL+I-S : I)...);
        v[i+S] = __builtin_shufflevector(a, b, (I & S ? VL+I : I+S)...);
    }
}
template<int S = 1> static inline void transpose(V (&v)[VL]) {
    if constexpr (S < VL) {
        swap_quarters<S>(v, std::make_integer_sequence<int, VL>());
        transpose<2*S>(v);
    }
}
static inline bool own(int k, int m) { return k == 0 || 2*k == m; }    // its own mirror image

// w (c channels, F) → out[i], i in the order of processing; real at DC and Nyquist.
static void read_weights(const Plan& P, const float* w, int c, Two* out) {
    const float scale = 0.5f/P.m;                       // irfft's 1/m and unpack's 2
    for (int k = 0; k < P.F; k += VL/2) {
        int f = std::min(VL/2, P.F-k);
        for (int h = 0; h < 2; h++) {
            V v[VL];
            for (int d = 0; d < VL; d++) {
                const float* p = w + 2*((Int)(h*VL+d)*P.F+k);
                __builtin_prefetch(p+4*VL);
                v[d] = h*VL+d >= c ? V{} : f == VL/2 ? load(p) : load(p, 2*f);
            }
            transpose(v);
            for (int i = 0; i < f; i++) {
                Two& o = out[P.where[k+i]];
                Row z = {v[2*i]*scale, v[2*i+1]*scale};
                if (own(k+i, P.m)) z.im = V{};
                h ? o.b = z : o.a = z;
            }
        }
    }
}
// The way back for the gradient: κ/m, and 1/2 because one of the two spectra is doubled.
static void write_weights(const Plan& P, const Two* in, int c, float* w) {
    const float half = 0.5f/P.m;
    for (int k = 0; k < P.F; k += VL/2) {
        int f = std::min(VL/2, P.F-k);
        for (int h = 0; h < 2; h++) {
            V v[VL] = {};
            for (int i = 0; i < f; i++) {
                const Two& o = in[P.where[k+i]];
                float scale = own(k+i, P.m) ? half : 2*half;
                Row z = h ? o.b : o.a;
                v[2*i] = z.re*scale; v[2*i+1] = z.im*scale;
            }
            transpose(v);
            for (int d = 0; d < VL && h*VL+d < c; d++) {
                float* p = w + 2*((Int)(h*VL+d)*P.F+k);
                __builtin_prefetch(p+4*VL, 1);
                f == VL/2 ? store(p, v[d]) : store(p, v[d], 2*f);
            }
        }
    }
}

// ---- Threads, memory, the C interface ----------------------------------------------------------

template<class T> struct Array {         // aligned, uninitialised
    T* p;
    explicit Array(size_t n) : p((T*)aligned_alloc(4096, (n*sizeof(T)+4095)/4096*4096)) {
        if (!p) throw std::bad_alloc();
    }
    ~Array() { free(p); }
    operator T*() const { return p; }
};

// f(from, to) for shares of the blocks, one share a thread; false if memory ran out.
template<class F> static bool parallel(Int blocks, Int threads, F f) {
    std::atomic<bool> ok{true};
    auto share = [&](Int from, Int to) { try { f(from, to); } catch (const std::bad_alloc&) { ok = false; } };
    Int t = std::max<Int>(1, std::min(threads, blocks));
    std::vector<std::thread> others;
    for (Int i = 1; i < t; i++) {
        Int from = blocks*i/t, to = blocks*(i+1)/t;
        try { others.emplace_back(share, from, to); }
        catch (const std::system_error&) { share(from, to); }       // no thread to be had
    }
    share(0, blocks/t);
    for (auto& o : others) o.join();
    return ok;
}

struct Shape {
    int64_t batch, n, channels, m;
    Int blocks() const { return (channels+2*VL-1)/(2*VL); }
    int width(Int block) const { return std::min<Int>(2*VL, channels-block*2*VL); }
    Column column(const float* p, Int b, Int d) const {
        return {(float*)p + b*n*channels + d*2*VL, channels, (int)n, width(d)};
    }
};

extern "C" int64_t column_lanes() { return VL; }
// Order in which frequencies are processed, hence saved; 0 if m has a prime factor above 5.
extern "C" int64_t column_order(int64_t m, int64_t* order) {
    const Plan* P = m > 0 && m < (1 << 28) ? plan(m) : nullptr;
    if (P && order) for (int i = 0; i < P->F; i++) order[i] = P->pairs[i].k;
    return P ? P->F : 0;
}
// saved: (blocks, batch, F, 4, VL) or null
extern "C" int64_t column_forward(const float* x, const float* w, float* y, float* saved,
                               const Shape* S, int64_t threads) {
    const Plan& P = *plan(S->m);
    Int B = S->batch, F2 = 2*2*VL*P.F;
    return parallel(S->blocks(), threads, [&](Int from, Int to) {
        Array<Row> z(P.rows()); Array<Two> W(P.F);
        for (Int d = from; d < to; d++) {
            read_weights(P, w+d*F2, S->width(d), W);
            for (Int b = 0; b < B; b++) {
                Column in = S->column(x, b, d), out = S->column(y, b, d);
                if (saved) column<FILTER_AND_SAVE>(P, in, out, z, W, (Two*)saved+(d*B+b)*P.F, nullptr);
                else column<FILTER>(P, in, out, z, W, nullptr, nullptr);
            }
        }
    });
}
// Exactly one of x and saved is null.
extern "C" int64_t column_backward(const float* g, const float* x, const float* saved, const float* w,
                                float* gx, float* gw, const Shape* S, int64_t threads) {
    const Plan& P = *plan(S->m);
    Int B = S->batch, F2 = 2*2*VL*P.F;
    return parallel(S->blocks(), threads, [&](Int from, Int to) {
        Array<Row> z(P.rows()); Array<Two> W(P.F), gW(P.F), own(saved ? 1 : P.F);
        for (Int d = from; d < to; d++) {
            read_weights(P, w+d*F2, S->width(d), W);
            memset((void*)gW.p, 0, sizeof(Two)*P.F);
            for (Int b = 0; b < B; b++) {
                Two* s = saved ? (Two*)saved+(d*B+b)*P.F : own.p;
                Column xs = S->column(x, b, d), gs = S->column(g, b, d), out = S->column(gx, b, d);
                if (!saved) column<SPECTRUM>(P, xs, xs, z, nullptr, s, nullptr);
                column<BACKWARD>(P, gs, out, z, W, s, gW);
            }
            write_weights(P, gW, S->width(d), gw+d*F2);
        }
    });
}
