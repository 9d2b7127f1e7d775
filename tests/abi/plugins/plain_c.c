/* A provider in plain C99 on the installed headers alone: answers every chat with one word, without an upstream. */
#include <gwp/provider.h>
#include <stdlib.h>

GWP_MANIFEST("{\"id\":\"test.plain_c\",\"version\":\"1.0.0\",\"abi\":[1],\"classes\":[{\"id\":\"test.plain_c\","
             "\"kind\":\"gwp.provider.translate/1\",\"needs\":[\"gwp.json/1\"]}]}");

static const gwp_host *H;
struct gwp_instance {
    gwp_hctx *hc;
    const gwp_svc_log *log;
};
struct gwp_exchange {
    gwp_instance *in;
};

static uint64_t features(gwp_instance *in, gwp_str model) {
    (void)in, (void)model;
    return GWP_FEAT_CHAT | GWP_FEAT_STREAM;
}
static gwp_status open_exchange(gwp_instance *in, const gwp_op *op, gwp_exchange **out, gwp_error *err) {
    gwp_exchange *x;
    (void)err;
    if (op->kind != GWP_OP_CHAT) return GWP_E_UNSUPPORTED;
    x = calloc(1, sizeof *x);
    if (x == NULL) return GWP_E_LIMIT;
    x->in = in;
    *out = x;
    return GWP_OK;
}
static gwp_status build(gwp_exchange *x, uint32_t step, const gwp_http_out *out, gwp_error *err) {
    (void)x, (void)step, (void)out, (void)err;
    return GWP_OK;
}
static gwp_status on_head(gwp_exchange *x, const gwp_http_head *h, uint32_t *framing, gwp_error *err) {
    (void)x, (void)h, (void)err;
    *framing = GWP_FRAME_SSE;
    return GWP_OK;
}
static gwp_status on_data(gwp_exchange *x, const gwp_frame *f, const gwp_event_sink *s, gwp_error *err) {
    (void)x, (void)f, (void)s;
    H->error_set(err, GWP_E_INVALID, 0, -1, GWP_STR("no_upstream"), GWP_STR("no frame was asked for"));
    return GWP_E_INVALID;
}
static void emit(const gwp_event_sink *s, uint32_t kind, gwp_str text, gwp_str name) {
    gwp_event e = {0};
    e.struct_size = sizeof e;
    e.kind = kind;
    e.text = text;
    e.name = name;
    (void)s->emit(s->self, &e);
}
static gwp_status on_end(gwp_exchange *x, gwp_status why, const gwp_event_sink *s, uint64_t *wait_ms, gwp_error *err) {
    const gwp_str none = {NULL, 0};
    (void)x, (void)wait_ms, (void)err;
    if (why != GWP_OK) return why;
    emit(s, GWP_EV_START, none, GWP_STR("plain-c"));
    emit(s, GWP_EV_TEXT, GWP_STR("hello"), none);
    emit(s, GWP_EV_FINISH, none, GWP_STR("stop"));
    return GWP_OK;
}
static void close_exchange(gwp_exchange *x) { free(x); }

static const gwp_provider provider = {sizeof(gwp_provider), 0,       features, open_exchange, build, on_head,
                                      on_data,              on_end,  close_exchange};

static gwp_status create(const gwp_create_args *a, gwp_instance **out, gwp_error *err) {
    gwp_instance *in = calloc(1, sizeof *in);
    (void)err;
    if (in == NULL) return GWP_E_LIMIT;
    in->hc = a->hc;
    in->log = H->get_service(a->hc, GWP_STR(GWP_SVC_LOG)); /* optional: an older host may lack it */
    if (GWP_CAN(in->log, gwp_svc_log, write)) in->log->write(a->hc, GWP_LOG_DEBUG, GWP_STR("created"), NULL, 0);
    *out = in;
    return GWP_OK;
}
static void destroy(gwp_instance *in) { free(in); }
static const void *get_interface(gwp_instance *in, gwp_str id) {
    const gwp_str mine = GWP_STR(GWP_IF_PROVIDER);
    uint64_t i;
    (void)in;
    if (id.len != mine.len) return NULL;
    for (i = 0; i < id.len; i++)
        if (id.ptr[i] != mine.ptr[i]) return NULL;
    return &provider;
}

static const gwp_str interfaces[] = {GWP_S(GWP_IF_PROVIDER)};
static const gwp_str needs[] = {GWP_S(GWP_SVC_JSON)};
static const gwp_class the_class = {
    sizeof(gwp_class), 0,     GWP_S("test.plain_c"), GWP_S("Plain C"), GWP_S("Says hello"), GWP_S("{\"type\":\"object\"}"),
    interfaces,        1,     needs,                 1,                NULL,                0,
    create,            NULL,  NULL,                  destroy,          get_interface};
static const gwp_class *const classes[] = {&the_class};
static const gwp_library library = {sizeof(gwp_library), GWP_ABI_MINOR, 0, 0, GWP_S("test.plain_c"), GWP_S("1.0.0"),
                                    GWP_S("tests"), GWP_S("MIT"), GWP_S(""), classes, 1, NULL};

const gwp_library *gwp_entry_1(const gwp_host *host, gwp_hctx *hc, gwp_error *err) {
    (void)hc, (void)err;
    H = host;
    return &library;
}
