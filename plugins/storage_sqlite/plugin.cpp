// storage_sqlite/plugin.cpp - what the host sees: the table, the manifest, the one exported symbol.
#include <cstring>

#include "store.h"

namespace sqlite_store {
namespace {

Session& at(gwp_session* session) noexcept {
    return *reinterpret_cast<Session*>(session);
}

/// Keeps GWP_E_LIMIT for add_bounded() alone.
template <class F>
gwp_status call(gwp_error* slot, F&& work) noexcept {
    return gwp::barrier(slot, [&]() -> gwp_status {
        try {
            return work();
        } catch (const std::bad_alloc&) {
            throw gwp::error(GWP_E_INTERNAL, "out of memory", "out_of_memory", 503, 0);
        }
    });
}

/// Tells an interrupted call from one that met its deadline.
template <class F>
gwp_status call(gwp_session* s, const gwp_call* c, F&& work) noexcept {
    return call(c->err, [&]() -> gwp_status {
        try {
            return work(at(s));
        } catch (const gwp::error& error) {
            if (error.code != GWP_E_TIMEOUT || !at(s).interrupted()) throw;
            throw gwp::error(GWP_E_CANCELLED, "interrupted", "storage_cancelled", 503, 0);
        }
    });
}

gwp_status takeSchema(gwp_instance* i, const gwp_schema* declared, gwp_error* slot) noexcept {
    return call(slot, [&] { return Store::me(i).setSchema(*declared), GWP_OK; });
}

gwp_status openSession(gwp_instance* i, const gwp_call* c, gwp_session** out) noexcept {
    return call(c->err, [&] {
        *out = reinterpret_cast<gwp_session*>(Store::me(i).open().release());
        return GWP_OK;
    });
}

void closeSession(gwp_session* s) noexcept {
    const std::unique_ptr<Session> owner(&at(s));
}

gwp_status ping(gwp_session* s, const gwp_call* c) noexcept {
    return call(s, c, [&](Session& session) { return session.ping(*c), GWP_OK; });
}

void interrupt(gwp_session* s) noexcept {
    at(s).interrupt();
}

gwp_status schemaVersion(gwp_session* s, const gwp_call* c, std::uint32_t* installed) noexcept {
    return call(s, c, [&](Session& session) { return *installed = session.schemaVersion(*c), GWP_OK; });
}

gwp_status plan(gwp_session* s, const gwp_call* c, gwp_arena* arena, gwp_str* out) noexcept {
    return call(s, c, [&](Session& session) {
        const std::string text = session.plan(*c);
        void* copy = gwp::host->arena_alloc(arena, text.size() + 1);
        if (!copy) throw std::bad_alloc();
        std::memcpy(copy, text.data(), text.size());
        *out = gwp_strn(static_cast<const char*>(copy), text.size());
        return GWP_OK;
    });
}

gwp_status migrate(gwp_session* s, const gwp_call* c) noexcept {
    return call(s, c, [&](Session& session) { return session.migrate(*c), GWP_OK; });
}

gwp_status begin(gwp_session* s, const gwp_call* c, std::uint32_t flags) noexcept {
    return call(s, c, [&](Session& session) {
        if ((flags & ~GWP_TX_READ_ONLY) != 0) throw gwp::error(GWP_E_UNSUPPORTED, "unknown transaction flag");
        return session.begin(*c, flags != 0), GWP_OK;
    });
}

gwp_status commit(gwp_session* s, const gwp_call* c) noexcept {
    return call(s, c, [&](Session& session) { return session.commit(*c), GWP_OK; });
}

gwp_status rollback(gwp_session* s) noexcept {
    return at(s).rollback(), GWP_OK;
}

/// A verb made from its arguments, then written.
template <class Verb, class... Arguments>
gwp_status write(gwp_session* s, const gwp_call* c, gwp_str coll, Arguments... arguments) noexcept {
    return call(s, c, [&](Session& session) {
        Verb verb(session.model().collection(gwp::sv(coll)), arguments...);
        return session.write(*c, verb);
    });
}

// NOLINTBEGIN(readability-function-size): the parameters are the C ABI's
gwp_status insert(gwp_session* s, const gwp_call* c, gwp_str coll, const gwp_field* row, std::uint64_t n) noexcept {
    return write<Insert>(s, c, coll, Fields{row, n});
}

gwp_status update(gwp_session* s, const gwp_call* c, gwp_str coll, const gwp_field* key, std::uint64_t n_key,
                  const gwp_field* expect, std::uint64_t n_expect, const gwp_field* set, std::uint64_t n_set) noexcept {
    return write<Update>(s, c, coll, Fields{key, n_key}, Fields{expect, n_expect}, Fields{set, n_set});
}

gwp_status remove(gwp_session* s, const gwp_call* c, gwp_str coll, const gwp_field* key, std::uint64_t n_key) noexcept {
    return write<Remove>(s, c, coll, Fields{key, n_key});
}

gwp_status add(gwp_session* s, const gwp_call* c, gwp_str coll, const gwp_field* key, std::uint64_t n_key,
               const gwp_field* init, std::uint64_t n_init, const gwp_field* deltas, std::uint64_t n_deltas) noexcept {
    return write<Add>(s, c, coll, Add::Row{{key, n_key}, {init, n_init}, {deltas, n_deltas}},
                      std::optional<Add::Bound>());
}

gwp_status find(gwp_session* s, const gwp_call* c, const gwp_query* query, const gwp_row_sink* sink) noexcept {
    return call(s, c, [&](Session& session) { return session.find(*c, *query, *sink); });
}

gwp_status purge(gwp_session* s, const gwp_call* c, const gwp_query* query, std::uint64_t* done) noexcept {
    return call(s, c, [&](Session& session) {
        Purge verb(session.model(), *query);
        const gwp_status status = session.write(*c, verb);
        *done = verb.done();
        return status;
    });
}

gwp_status addBounded(gwp_session* s, const gwp_call* c, gwp_str coll, const gwp_field* key, std::uint64_t n_key,
                      const gwp_field* init, std::uint64_t n_init, const gwp_field* deltas, std::uint64_t n_deltas,
                      gwp_str counter, std::int64_t min, std::int64_t max) noexcept {
    return write<Add>(s, c, coll, Add::Row{{key, n_key}, {init, n_init}, {deltas, n_deltas}},
                      std::optional<Add::Bound>(Add::Bound{counter, min, max}));
}
// NOLINTEND(readability-function-size)

}  // namespace

const gwp_storage Store::table = {sizeof(gwp_storage),
                                  0,
                                  takeSchema,
                                  openSession,
                                  closeSession,
                                  ping,
                                  interrupt,
                                  schemaVersion,
                                  plan,
                                  migrate,
                                  begin,
                                  commit,
                                  rollback,
                                  insert,
                                  update,
                                  remove,
                                  add,
                                  find,
                                  purge,
                                  addBounded};

}  // namespace sqlite_store

GWP_MANIFEST(R"({"id":"gateway.storage_sqlite","version":"1.0.0","abi":[1],"min_host_minor":0,)"
             R"("classes":[{"id":"gateway.storage_sqlite","kind":"gwp.storage.records/1","needs":[],)"
             R"("capabilities":[]}]})");
GWP_LIBRARY("gateway.storage_sqlite", "1.0.0", "MIT", sqlite_store::Store)
