"""The flights example as one would write it without ppf; the benchmark compares the two."""

import sys
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

FLIGHTS = """year INT, month INT, day INT, dep_time INT, sched_dep_time INT, dep_delay INT, arr_time INT, sched_arr_time INT,
    arr_delay INT, carrier STRING, flight INT, tailnum STRING, origin STRING, dest STRING, air_time INT, distance INT, hour INT,
    minute INT, time_hour TIMESTAMP"""
WEATHER = """origin STRING, year INT, month INT, day INT, hour INT, temp DOUBLE, dewp DOUBLE, humid DOUBLE, wind_dir INT,
    wind_speed DOUBLE, wind_gust DOUBLE, precip DOUBLE, pressure DOUBLE, visib DOUBLE, time_hour TIMESTAMP"""
PLANES = """tailnum STRING, year INT, type STRING, manufacturer STRING, model STRING, engines INT, seats INT, speed INT,
    engine STRING"""
AIRPORTS = "faa STRING, name STRING, lat DOUBLE, lon DOUBLE, alt INT, tz INT, dst STRING, tzone STRING"
AIRLINES = "carrier STRING, name STRING"


def main(folder: Path) -> None:
    """Reads, joins, aggregates and writes what flights.conf does."""
    spark = (
        SparkSession.builder.master("local[*]")
        .config("spark.sql.shuffle.partitions", 4)
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )

    def read(name: str, schema: str) -> DataFrame:
        return spark.read.csv(f"{folder}/data/{name}.csv", schema=schema, header=True, nullValue="NA")

    flights, weather, planes = read("flights", FLIGHTS), read("weather", WEATHER), read("planes", PLANES)
    airports, airlines = read("airports", AIRPORTS), read("airlines", AIRLINES)

    fleet = planes.withColumnsRenamed({"year": "built", "type": "plane_type"})
    destinations = airports.select(F.col("faa").alias("dest"), F.col("name").alias("destination"))
    routed = flights.where("arr_delay IS NOT NULL").join(airlines, ["carrier"], "left").join(destinations, ["dest"], "left")
    routed.createOrReplaceTempView("routed")
    fleet.createOrReplaceTempView("fleet")
    weather.dropDuplicates(["origin", "time_hour"]).createOrReplaceTempView("hourly_weather")
    journeys = spark.sql("""
        SELECT r.month, r.day, r.name AS airline, r.flight, r.origin, r.dest, r.destination, r.tailnum, f.manufacturer, f.built,
               r.dep_delay, r.arr_delay, r.air_time, r.distance, w.temp, w.wind_speed, w.wind_gust, w.precip, w.visib
        FROM routed r
        LEFT JOIN fleet f ON r.tailnum = f.tailnum
        LEFT JOIN hourly_weather w ON r.origin = w.origin AND r.time_hour = w.time_hour""")
    measured = journeys.withColumns(
        {
            "is_late": F.expr("arr_delay > 15"),
            "made_up": F.expr("dep_delay - arr_delay"),
            "plane_age": F.expr("2013 - built"),
            "miles_per_hour": F.expr("round(distance * 60 / air_time)"),
        }
    )
    measured.createOrReplaceTempView("measured")
    airline_delays = measured.groupBy("airline").agg(
        F.expr("count(*) AS flights"),
        F.expr("round(avg(arr_delay), 1) AS mean_delay"),
        F.expr("round(100 * avg(CAST(is_late AS INT)), 1) AS late_percent"),
        F.expr("round(avg(plane_age), 1) AS mean_plane_age"),
    )
    weather_delays = spark.sql("""
        SELECT CASE WHEN visib IS NULL THEN 'not measured' WHEN visib < 2 THEN 'fog' WHEN precip > 0 THEN 'rain or snow'
                    WHEN wind_speed > 20 THEN 'wind' ELSE 'fair' END AS weather,
               count(*) AS flights, round(avg(dep_delay), 1) AS mean_departure_delay
        FROM measured
        GROUP BY 1""")
    flights.createOrReplaceTempView("flights")
    cancelled = spark.sql("SELECT month, origin, carrier, count(*) AS flights FROM flights WHERE dep_time IS NULL GROUP BY ALL")

    out = f"{folder}/out_by_hand"
    measured.write.mode("overwrite").partitionBy("month").parquet(f"{out}/flights")
    airline_delays.coalesce(1).sortWithinPartitions("airline").write.mode("overwrite").parquet(f"{out}/airline_delays")
    weather_delays.coalesce(1).write.mode("overwrite").parquet(f"{out}/weather_delays")
    cancelled.coalesce(1).write.mode("overwrite").csv(f"{out}/cancelled", header=True)
    spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
