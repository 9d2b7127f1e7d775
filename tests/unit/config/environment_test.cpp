#include "config/environment.h"

#include "tests/support/catch.h"

using namespace gw::config;

TEST_CASE(".env lines are read as shells and compose read them", "[config]") {
    Findings findings;
    Environment environment({{"SET", "before"}});
    environment.addDotEnv(
        "# comment\nSET=after\nA=plain # comment\nexport B='li#teral $x'\nC=\"two\\nlines\" # x\n"
        "D=\nE=a#b\r\nbroken\n9X=1\nF='open\nG=\"x\" y\n",
        ".env", findings);
    CHECK(environment.find("SET") == "before");
    CHECK(environment.find("A") == "plain");
    CHECK(environment.find("B") == "li#teral $x");
    CHECK(environment.find("C") == "two\nlines");
    CHECK(environment.find("D") == "");
    CHECK_FALSE(environment.isSet("D"));
    CHECK(environment.find("E") == "a#b");
    std::string lines;
    for (const Finding& each : findings) lines += toText(each) + "\n";
    CHECK(lines ==
          ".env:8: expected NAME=value\n.env:9: not a variable's name\n.env:10: the quotes of the value do not match\n"
          ".env:11: the quotes of the value do not match\n");
}

TEST_CASE("DATABASE_URL names the SQLite file, and what no part serves is said", "[config]") {
    const auto interpret = [](const char* name, const char* value, Findings& findings) {
        Environment environment({{name, value}});
        environment.interpret(findings);
        return environment.find("GATEWAY_SQLITE_PATH").value_or("");
    };
    Findings none;
    CHECK(interpret("DATABASE_URL", "sqlite:///var/x.db", none) == "var/x.db");
    CHECK(interpret("DATABASE_URL", "sqlite:////srv/x.db", none) == "/srv/x.db");
    CHECK(none.empty());
    Findings mysql;
    CHECK(interpret("DATABASE_URL", "mysql://root:hunter2@db/x", mysql).empty());
    REQUIRE(mysql.size() == 1);
    CHECK(hasErrors(mysql));
    CHECK(toText(mysql.front()).find("hunter2") == std::string::npos);
    for (const char* name : {"REDIS_URL", "DIFY_API_KEY", "DIFY_BASE_URL", "SECRET_KEY"}) {
        Findings warned;
        interpret(name, "x", warned);
        REQUIRE(warned.size() == 1);
        CHECK_FALSE(hasErrors(warned));
        CHECK(warned.front().field == name);
    }
}
